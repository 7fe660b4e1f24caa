"""Tests of the master's rules and of its actor."""

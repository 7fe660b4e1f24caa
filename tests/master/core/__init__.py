"""Tests of the master's rules, without an actor."""

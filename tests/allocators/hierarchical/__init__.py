"""Tests of the hierarchical policy."""

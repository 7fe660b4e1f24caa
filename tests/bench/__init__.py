"""Tests of bench: its schema and its arithmetic, never its times."""

"""Tests of the bench of allocation: its definitions, arithmetic and comparisons, never its times."""

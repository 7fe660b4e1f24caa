"""Tests of the sorters."""

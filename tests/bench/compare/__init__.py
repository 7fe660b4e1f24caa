"""Tests of `bench.compare`."""

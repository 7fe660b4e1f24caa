"""Tests of the executors: cores, payloads and workers alone, then whole executors as processes."""

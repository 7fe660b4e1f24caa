"""Tests of the scheduler and executor drivers and of `ClusterExecutor`."""

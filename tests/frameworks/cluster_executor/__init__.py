"""Tests of frameworks.cluster_executor: its promises, one file per module."""

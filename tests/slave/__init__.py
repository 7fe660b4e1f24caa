"""Tests of the agent's rules, its containers and its executors."""

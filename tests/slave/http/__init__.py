"""Tests of the agent's endpoints."""

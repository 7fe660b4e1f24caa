"""Tests of the master's endpoints."""

"""Tests of the registry of policies."""

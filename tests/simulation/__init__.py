"""Tests that run a whole cluster on virtual time."""

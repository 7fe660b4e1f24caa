"""Tests of master.validation."""

"""Tests of slave.containerizer, with real processes."""

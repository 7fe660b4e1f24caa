"""Tests of the shared vocabulary: values, resources, messages."""

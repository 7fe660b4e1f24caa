"""Tests of frameworks.examples: its promises, one file per module."""

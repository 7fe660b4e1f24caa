"""Tests of frameworks.scheduler: its promises, one file per module."""

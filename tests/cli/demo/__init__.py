"""Tests of cli.demo: its promises, one file per module."""

"""Suites that every implementation of one interface passes."""

"""Predicates over what peers ask for: each returns a problem or None.

Pure. Must never change anything.
"""

"""The demo: a real cluster on this host, real work on it, watched while it happens.

Knows the other programs only by their commands and endpoints.
"""

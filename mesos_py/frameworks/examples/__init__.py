"""Frameworks to read and to run: each does something real in a page or two."""

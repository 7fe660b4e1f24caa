"""Actors in Python after libprocess: knows nothing of clusters and is usable alone."""

"""Sorters: in which order clients are served, given what each of them holds.

Pure. Must never know whether a client is a role or a framework.
"""

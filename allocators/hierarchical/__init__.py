"""Hierarchical dominant resource fairness: roles form a tree, frameworks hang below their roles.

Pure. Must never know an actor, a clock, or an unnamed source of chance.
"""

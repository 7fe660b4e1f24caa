"""Benchmarks: the same work on every policy and runtime, as tables, JSON and pictures.

Must never be imported by what it measures.
"""

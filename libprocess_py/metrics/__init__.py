"""Counters and gauges of a node, and the actor that serves their snapshot.

Must never know who counts what: names are given by their owners.
"""

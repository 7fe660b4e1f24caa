"""Whole clusters in one process on virtual time: the real master, agents and frameworks, with workloads and faults.

Must never change what a component does: it may only start, stop, partition and observe.
"""

"""The agent: runs tasks on one machine in isolation, reports what they become, and survives its own restart.

Rules live in `core`, the actor performs them. Must never import the master, an allocator or a framework driver: it
knows them by their messages alone.
"""

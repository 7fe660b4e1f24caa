"""The user's side of a cluster: scheduler and executor drivers, and what is built on them.

Must never import the master, the agent or an allocator: frameworks know them by their messages alone.
"""

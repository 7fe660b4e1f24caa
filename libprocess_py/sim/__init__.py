"""The simulation driver: the same kernel on virtual time, many nodes and their network in one process, one seed.

Must never know wall time, sockets or threads, nor what the messages mean.
"""

"""The real driver: runs the kernel on an event loop with sockets, wall time, child processes and signals.

Must never know what the messages mean, nor anything that only a simulation needs.
"""

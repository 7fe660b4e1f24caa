"""Containers: how a process tree is started, limited, measured and destroyed on this machine.

Must never know tasks, offers, frameworks or the master: it is given a container id and what to run in it.
"""

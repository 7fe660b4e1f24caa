"""The scheduler driver: a pure core that follows the conversation with the master, and the actor around it.

Must never know what a particular framework wants to run.
"""

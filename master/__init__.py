"""The master: which agents and frameworks exist, what they were offered, and what became of every task.

Rules live in `core`, the actor performs them. Must never import the agent or a framework driver: it knows them by
their messages alone.
"""

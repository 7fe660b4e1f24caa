"""The executors that come with the agent: programs of their own that run one task or many.

Must never import the agent's own state: they speak to it by messages, as a foreign executor does.
"""

"""The executor driver: a pure core that follows the conversation with the agent, and the actor around it.

Must never know what a particular executor does with a task.
"""

"""The vocabulary that all components share: ids, resources, roles, messages, API types and their codecs.

Values and their algebra only. Must never know an actor, a socket, a clock, or any component that speaks these words.
"""

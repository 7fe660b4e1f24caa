"""The master's HTTP endpoints: views over its state and calls into its rules.

Must never change state except by the events that messages, too, would cause.
"""

"""Messages between components: one module per conversation, each type declared once.

Must never know how a message travels or who handles it.
"""

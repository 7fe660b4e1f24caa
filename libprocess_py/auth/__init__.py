"""Who a peer is: proof of a shared secret, and sealed frames after it.

Must never know what the messages mean, nor decide what a peer may do: that is said where messages are delivered.
"""

from libprocess_py.auth.core.secret import Secret, parse_secrets

__all__ = ["Secret", "parse_secrets"]

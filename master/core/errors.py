"""What peers do wrong. Each is a ProtocolError: counted, logged with the sender, and the message is dropped."""

from __future__ import annotations

from libprocess_py.errors import ProtocolError


class StrangeSender(ProtocolError):
    """A call in the name of a framework or agent that is not registered under the sender's pid."""


class InvalidCall(ProtocolError):
    """A call whose content the protocol does not allow. The text names the field and what was expected."""


class NotLeading(ProtocolError):
    """A call to a master that is not elected (yet): the sender is to look for the leader."""

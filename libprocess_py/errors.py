"""What can go wrong, named by whose fault it is. A peer's mistake is a ProtocolError: counted, logged, survived."""

from __future__ import annotations


class ProtocolError(Exception):
    """The peer did something the protocol does not allow. The shell counts it, logs it, and drops the message."""


class MalformedMessage(ProtocolError):
    """A body that does not decode as the type its name promises."""


class MailboxClosed(Exception):
    """The actor that was asked is gone, or went before it answered: the future is abandoned."""


class MailboxFull(Exception):
    """The actor that was asked has as many events waiting as its bound allows; this one was not taken."""


class ConnectionLost(Exception):
    """The connection to that node ended, or could not be made: its actors may be alive."""


class NoSuchProcess(Exception):
    """There was no such actor when somebody linked to it."""


class RemoteDispatch(Exception):
    """A method was dispatched to a PID of another node that was not connected to: send a message, or connect first."""

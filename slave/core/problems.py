"""What a peer can do wrong towards an agent. These are counted, logged with the sender, and the message dropped."""

from __future__ import annotations

from libprocess_py.errors import ProtocolError


class NotTheLeader(ProtocolError):
    """A message that only the leading master may send came from somebody else."""


class WrongAgent(ProtocolError):
    """A master speaks to another agent than this one."""


class UnknownExecutor(ProtocolError):
    """A message names a framework or an executor that does not run here."""


class BadToken(ProtocolError):
    """An executor did not show the token that the agent put into its environment, or speaks from another PID."""


class BadTask(ProtocolError):
    """A task that cannot be told from others, or whose ids cannot be file names."""


class BadUpdate(ProtocolError):
    """A status update about a task that this executor does not run, or without a proper uuid."""

"""Why an event is dropped. Each drop is counted as `libprocess/dropped/<reason>` and logged at debug level.

A future whose event is dropped is abandoned, or fails with `MailboxFull` where there was no room; the sender of a
message, if it lives on this node and overrides `undelivered`, is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ABORTED: Final = "aborted"
CONNECTION_LOST: Final = "connection_lost"
FILTERED: Final = "filtered"
MAILBOX_FULL: Final = "mailbox_full"
NODE_STOPPED: Final = "node_stopped"
NO_SENDER: Final = "no_sender"
NO_SUCH_PROCESS: Final = "no_such_process"
OVERSIZED: Final = "oversized"
PEER_QUEUE_FULL: Final = "peer_queue_full"
PURGED: Final = "purged"
TERMINATED: Final = "terminated"
UNAUTHENTICATED: Final = "unauthenticated"
UNKNOWN_MESSAGE: Final = "unknown_message"

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ABORTED: "It waited for an actor that brought its node down.",
        CONNECTION_LOST: "It waited for a connection that ended or could not be made.",
        FILTERED: "An observer kept it from its actor.",
        MAILBOX_FULL: "As many events waited as the actor takes.",
        NODE_STOPPED: "It was for another node, and this one had let go of its sockets.",
        NO_SENDER: "It was an answer to what came from outside any actor.",
        NO_SUCH_PROCESS: "No actor of that id lives on this node.",
        OVERSIZED: "It is larger than a message may be on the wire.",
        PEER_QUEUE_FULL: "The node it was for does not keep up with what it is sent.",
        PURGED: "It waited for an actor that was told to end at once.",
        TERMINATED: "It waited for an actor that ended.",
        UNAUTHENTICATED: "Its actor takes messages only of peers that proved who they are.",
        UNKNOWN_MESSAGE: "Its actor has no handler for it, and nobody was named to take it instead.",
    }
)

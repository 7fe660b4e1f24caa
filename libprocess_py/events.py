"""What an actor can be told: five kinds of event as in libprocess, and five that the runtime tells it.

An event is a tuple of four, `(kind, what, payload, promise)`, because a class per event would be most of the cost of
sending one:

| kind       | what          | payload        | promise                                     |
|------------|---------------|----------------|---------------------------------------------|
| MESSAGE    | the sender    | the message    | None                                        |
| DISPATCH   | the method    | its arguments  | takes the result                            |
| KEYWORDS   | the method    | (args, kwargs) | takes the result                            |
| REQUEST    | the answerer  | the request    | takes the response                          |
| EXITED     | the PID       | why, or None   | None                                        |
| TERMINATE  | None          | None           | None                                        |
| INITIALIZE | None          | None           | None                                        |
| TIMER      | the timer     | None           | None                                        |
| RESUME     | the coroutine | None           | takes its result; None if nobody waits      |
| UNDELIVERED| the receiver  | (message, why) | None                                        |
"""

from __future__ import annotations

from typing import Any, Final

from libprocess_py.pid import PID, Address

# The sender of what was sent from outside any actor. What is sent to it goes nowhere.
NOBODY: Final = PID("__nobody__", Address("0.0.0.0", 0))

# Plain integers: comparing them is the first thing that happens to every event.
MESSAGE: Final = 0
DISPATCH: Final = 1
TIMER: Final = 2
REQUEST: Final = 3
EXITED: Final = 4
TERMINATE: Final = 5
INITIALIZE: Final = 6
RESUME: Final = 7
KEYWORDS: Final = 8
UNDELIVERED: Final = 9

KIND_NAMES: Final = (
    "message",
    "dispatch",
    "timer",
    "http",
    "exited",
    "terminate",
    "initialize",
    "resume",
    "dispatch",
    "undelivered",
)

Event = tuple[int, Any, Any, Any]


def name_of(event: Event) -> str:
    """What the event is about, in a word or two: the message's wire name, the method, the PID."""
    kind, what, payload, _ = event
    if kind == MESSAGE:
        return str(getattr(payload, "wire_name", type(payload).__name__))  # Untyped programs send anything.
    if kind == REQUEST:
        return str(payload.path)
    if kind in (DISPATCH, KEYWORDS, RESUME):
        return str(getattr(what, "__qualname__", type(what).__name__))
    if kind == TIMER:
        return str(what.name)
    return str(what) if kind == EXITED else ""

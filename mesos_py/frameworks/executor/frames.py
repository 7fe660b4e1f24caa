"""What the function executor and a worker say to each other: frames on two pipes, each a length and that many bytes.

A call goes to the worker as it came, seal removed. The answer starts with what the executor may know without
unpickling: whether the function returned, and a sentence if it did not.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mesos_py.frameworks.function_payload import RESULT_MAX

LENGTH_BYTES: Final = 4
MESSAGE_MAX: Final = 4_096  # A sentence; the traceback travels in the payload.
FRAME_MAX: Final = RESULT_MAX + MESSAGE_MAX + LENGTH_BYTES + 1  # The largest answer.

# The worker's ends of the pipes. Its standard output stays the sandbox's: functions print there.
CALLS_FD: Final = 3
ANSWERS_FD: Final = 4


class Answer(NamedTuple):
    """What became of a call: `payload` is the pickled outcome."""

    has_returned: bool
    message: str
    payload: bytes

    def to_bytes(self) -> bytes:
        message = self.message.encode(errors="replace")[:MESSAGE_MAX]
        return b"".join((b"\1" if self.has_returned else b"\0", frame_head(len(message)), message, self.payload))

    @classmethod
    def from_bytes(cls, content: bytes) -> Answer:
        """Raises ValueError if it is no answer: a function may have written into the pipe."""
        start = 1 + LENGTH_BYTES
        if len(content) < start or content[0] > 1:
            raise ValueError("not an answer")
        length = frame_length(content[1:start])
        if length > MESSAGE_MAX or len(content) < start + length:
            raise ValueError("not an answer")
        message = content[start : start + length].decode(errors="replace")
        return cls(content[0] == 1, message, content[start + length :])


def frame_head(length: int) -> bytes:
    return length.to_bytes(LENGTH_BYTES, "big")


def frame_length(head: bytes) -> int:
    return int.from_bytes(head, "big")

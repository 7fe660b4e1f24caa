"""What the function executor and a worker say to each other: frames on two pipes.

A frame is the length of its content, the number of the call that it belongs to, and the content. The number is there
because a function can write into the pipe, or fork: what it says behind the back of its call must not be taken for the
answer to the next one. A call goes to the worker as it came, seal removed. The answer starts with what the executor may
know without unpickling: whether the function returned, and a sentence if it did not.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mesos_py.frameworks.function_payload import RESULT_MAX

LENGTH_BYTES: Final = 4
NUMBER_BYTES: Final = 4  # A worker lives for fewer calls.
HEAD_BYTES: Final = LENGTH_BYTES + NUMBER_BYTES
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
        return b"".join((b"\1" if self.has_returned else b"\0", _to_bytes(len(message)), message, self.payload))

    @classmethod
    def from_bytes(cls, content: bytes) -> Answer:
        """Raises ValueError if it is no answer: a function may have written into the pipe."""
        start = 1 + LENGTH_BYTES
        if len(content) < start or content[0] > 1:
            raise ValueError("not an answer")
        length = int.from_bytes(content[1:start], "big")
        if length > MESSAGE_MAX or len(content) < start + length:
            raise ValueError("not an answer")
        message = content[start : start + length].decode(errors="replace")
        return cls(content[0] == 1, message, content[start + length :])


class Head(NamedTuple):
    """How a frame begins."""

    length: int
    number: int

    def to_bytes(self) -> bytes:
        return _to_bytes(self.length) + self.number.to_bytes(NUMBER_BYTES, "big")

    @classmethod
    def from_bytes(cls, content: bytes) -> Head:
        return cls(int.from_bytes(content[:LENGTH_BYTES], "big"), int.from_bytes(content[LENGTH_BYTES:], "big"))


def _to_bytes(length: int) -> bytes:
    return length.to_bytes(LENGTH_BYTES, "big")

"""A decision log kept in a file: one JSON object per line, so that pictures can be made of a run, or two be compared.

| field    | of                | is                                                              |
|----------|-------------------|-----------------------------------------------------------------|
| `n`      | every record      | its number, from 1                                              |
| `now`    | every record      | the time, in nanoseconds since the epoch (virtual in simulation) |
| `who`    | every record      | the PID of the actor that was told, or who else it is about     |
| `kind`   | every record      | the kind of event, or of fact                                   |
| `name`   | an event          | the message, method or timer                                    |
| `from`   | a message         | the PID of its sender                                           |
| `digest` | an event          | of its content                                                  |
| `text`   | any other fact    | what happened                                                   |

The last line may be torn if the OS process was killed; readers pass over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from libprocess_py.core.decision_log import DecisionLog, Sink
from libprocess_py.events import MESSAGE, Event, name_of

BYTES_MAX: Final = 1 << 30  # A gigabyte is some seven million events: nobody looks at more, and disks are finite.
FLUSH_NS: Final = 1_000_000_000  # A killed process loses the last second.
BUFFER_BYTES: Final = 1 << 16
FULL: Final = "full"  # The kind of the record that says that no more will come.

_ENCODER: Final = msgspec.json.Encoder()


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """One line."""

    n: int
    now: int
    who: str
    kind: str
    name: str = ""
    sender: str = ""
    digest: str = ""
    text: str = ""


class Journal(DecisionLog):
    """A decision log that writes its records into a file. Close it, or use it as a context."""

    def __init__(self, path: Path, sink: Sink | None = None, *, bytes_max: int = BYTES_MAX) -> None:
        """Raises OSError if the file cannot be written; what it held is overwritten."""
        super().__init__(sink)
        self._file = path.open("wb", buffering=BUFFER_BYTES)
        self._left = bytes_max
        self._flushed = 0
        self._event: Event | None = None  # The record under way is of it.

    def event(self, event: Event, *, now: int, pid: object) -> None:
        self._event = event
        super().event(event, now=now, pid=pid)

    def record(self, kind: str, text: str, *, now: int, who: object) -> None:
        super().record(kind, text, now=now, who=who)
        event, self._event = self._event, None
        entry: dict[str, Any] = {"n": self.length, "now": now, "who": str(who), "kind": kind}
        if event is None:
            entry["text"] = text
        else:
            entry |= {"name": name_of(event), "digest": text.rpartition(" ")[2]}
            if event[0] == MESSAGE:
                entry["from"] = str(event[1])
        self._write(entry, now)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, entry: dict[str, Any], now: int) -> None:
        if self._left <= 0 or self._file.closed:
            return
        line = _ENCODER.encode(entry)
        self._left -= len(line) + 1
        if self._left <= 0:
            line = _ENCODER.encode({"n": self.length, "now": now, "who": "journal", "kind": FULL})
        self._file.write(line + b"\n")
        if self._left <= 0 or now - self._flushed >= FLUSH_NS:
            self._file.flush()
            self._flushed = now


def read_journal(path: Path) -> Iterator[Entry]:
    """The entries, one by one. Raises OSError, and ValueError naming the line that is none, unless it is the last."""
    decoder = msgspec.json.Decoder(Entry)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decoder.decode(line)
            except msgspec.MsgspecError as error:
                if not line.endswith(b"\n"):
                    return  # Torn: the process was killed while it wrote.
                raise ValueError(f"{path}, line {number}: expected an entry of a decision log: {error}") from error

"""A timeline in the trace event format of Chrome, for ui.perfetto.dev and chrome://tracing.

A node is a process there, an actor a thread, an event a slice, a message an arrow between two slices. The log has no
ends of handlers, so a slice is a microsecond long, or less if the next one of its node comes sooner; events of one
instant, which simulations have many of, follow one another within a few nanoseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from libprocess_py.introspection.journal import Entry
from libprocess_py.introspection.timeline import EVENTS, Timeline, parties, split_pid

NS_PER_US: Final = 1_000
SLICE_NS: Final = 1_000
SHORTEST_NS: Final = 1


def chrome_trace(timeline: Timeline) -> str:
    """The text of the JSON file."""
    return json.dumps({"displayTimeUnit": "ns", "traceEvents": list(_events(timeline))})


def _events(timeline: Timeline) -> Iterator[dict[str, Any]]:
    nodes = {address: number for number, address in enumerate(timeline.addresses, 1)}
    tracks = {pid: (nodes[split_pid(pid)[1]], number) for number, pid in enumerate(timeline.lanes, 1)}
    for address, number in nodes.items():
        yield {"ph": "M", "name": "process_name", "pid": number, "args": {"name": address}}
    for pid, (node, number) in tracks.items():
        yield {"ph": "M", "name": "thread_name", "pid": node, "tid": number, "args": {"name": split_pid(pid)[0]}}
    starts = _starts(timeline)
    last: dict[str, float] = {}  # When each actor's latest slice begins: what it sent comes from there.
    for entry, (begin, length) in zip(timeline.entries, starts, strict=True):
        time = begin / NS_PER_US
        if entry.kind not in EVENTS:
            yield {"ph": "i", "s": "g", "name": f"{entry.kind} {entry.text}", "ts": time, "pid": 0, "tid": 0}
            continue
        yield _slice(entry, tracks[entry.who], time=time, length=length / NS_PER_US)
        for source in parties(entry)[1:]:
            if source in last and source in tracks:
                yield _flow("s", entry, track=tracks[source], time=last[source])
                yield {**_flow("f", entry, track=tracks[entry.who], time=time), "bp": "e"}
        last[entry.who] = time


def _slice(entry: Entry, track: tuple[int, int], *, time: float, length: float) -> dict[str, Any]:
    args = {name: value for name, value in (("from", entry.sender), ("digest", entry.digest), ("n", entry.n)) if value}
    label = entry.name if entry.kind == "message" else f"{entry.kind} {entry.name}".strip()
    place = {"pid": track[0], "tid": track[1], "ts": time, "dur": length}
    return {"ph": "X", "name": label, "cat": entry.kind, **place, "args": args}


def _flow(phase: str, entry: Entry, *, track: tuple[int, int], time: float) -> dict[str, Any]:
    return {"ph": phase, "id": entry.n, "name": entry.kind, "cat": "flow", "pid": track[0], "tid": track[1], "ts": time}


def _starts(timeline: Timeline) -> list[tuple[int, int]]:
    """For each entry, when it begins and how long it is: in order, and no two of one node at once."""
    begins: list[int] = []
    for entry in timeline.entries:
        since = entry.now - timeline.begin_ns
        begins.append(max(since, begins[-1] + SHORTEST_NS) if begins else since)
    ends = [*begins[1:], begins[-1] + SLICE_NS] if begins else []
    return [(begin, min(SLICE_NS, end - begin)) for begin, end in zip(begins, ends, strict=True)]

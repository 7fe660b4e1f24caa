"""A timeline as a sequence diagram: a line down for each actor, an arrow for each message, time from top to bottom.

Rows follow one another in the order in which events were served, whatever time passed between them; the times stand at
the left. Nodes have colours. Whoever points at a row sees all that the log has of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from libprocess_py.introspection.journal import Entry
from libprocess_py.introspection.timeline import EVENTS, Timeline, split_pid

# Okabe and Ito: people with any colour vision can tell them apart.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8a7400")
LEFT: Final = 120  # Pixels, as all below: for the times.
LANE: Final = 170
ROW: Final = 24
TOP: Final = 96
FOOT: Final = 36
LABEL_MAX: Final = 22  # Characters that fit beside a lane,
LONG_LABEL_MAX: Final = 48  # and along an arrow across several, if it has the room.
HEADS: Final = 34  # Of an arrow, with some white at either end: where no label belongs.
ID_MAX: Final = 20
CHARACTER: Final = 6.4  # A little more than what one takes on average, for the white behind labels.
NS_PER_US: Final = 1_000

STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #222; }
.time { font-size: 11px; fill: #666; text-anchor: end; }
.id { font-weight: 600; text-anchor: middle; fill: #fff; }
.address { font-size: 10px; text-anchor: middle; fill: #fff; }
.name { text-anchor: middle; }
.fact { font-style: italic; fill: #a33; }
.life { stroke: #bbb; stroke-width: 1.5; }
.row:hover text { font-weight: 600; }
"""


def sequence_svg(timeline: Timeline) -> str:
    """The picture, as the text of an SVG file."""
    return "\n".join(_Drawing(timeline).lines()) + "\n"


class _Drawing:
    """Places of everything in one picture."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.x = {pid: LEFT + LANE * number + LANE // 2 for number, pid in enumerate(timeline.lanes)}
        self.heads = {address: number for number, address in enumerate(timeline.addresses)}  # Of arrows from there.
        self.colours = {address: COLOURS[number % len(COLOURS)] for address, number in self.heads.items()}
        self.width = max(LEFT + LANE * len(timeline.lanes) + LANE // 2, 480)
        self.bottom = TOP + ROW * len(timeline.entries)

    def lines(self) -> Iterator[str]:
        size = f'width="{self.width}" height="{self.bottom + FOOT}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {self.width} {self.bottom + FOOT}">'
        yield f"<style>{STYLE}</style>"
        yield f'<rect width="{self.width}" height="{self.bottom + FOOT}" fill="#fff"/>'
        yield from self._arrow_heads()
        for pid in self.timeline.lanes:
            yield from self._lane(pid)
        yield from self._rows()
        yield f'<text x="12" y="{self.bottom + FOOT - 12}" class="caption">{escape(_caption(self.timeline))}</text>'
        yield "</svg>"

    def _arrow_heads(self) -> Iterator[str]:
        yield "<defs>"
        for number, colour in enumerate((*self.colours.values(), "#777")):
            shape = f'<path d="M0,0 L9,4 L0,8 z" fill="{colour}"/>'
            box = 'viewBox="0 0 9 8" refX="9" refY="4" markerWidth="9" markerHeight="8" orient="auto"'
            yield f'<marker id="head{number}" {box} markerUnits="userSpaceOnUse">{shape}</marker>'
        yield "</defs>"

    def _lane(self, pid: str) -> Iterator[str]:
        """A box with the actor's name, and a line for as long as it is seen to live."""
        id, address = split_pid(pid)
        x, colour = self.x[pid], self.colours[address]
        last = self._last_row(pid)
        bottom = self.bottom if last is None else TOP + ROW * last + ROW // 2
        yield f'<line class="life" x1="{x}" y1="64" x2="{x}" y2="{bottom}"/>'
        yield f'<g><title>{escape(pid)}</title><rect x="{x - LANE // 2 + 6}" y="20" width="{LANE - 12}" height="44"'
        yield f' rx="6" fill="{colour}"/><text class="id" x="{x}" y="39">{escape(_cut(id, ID_MAX))}</text>'
        yield f'<text class="address" x="{x}" y="55">{escape(address)}</text></g>'

    def _last_row(self, pid: str) -> int | None:
        """Where its line ends: it was terminated; or, and it was told nothing more, it was said to have exited, or its
        host crashed. None if nobody says so."""
        entries, address = self.timeline.entries, split_pid(pid)[1]
        told = max(row for row, entry in enumerate(entries) if entry.who == pid and entry.kind in EVENTS)
        if entries[told].kind == "terminate":
            return told
        for row, entry in enumerate(entries[told + 1 :], told + 1):
            if (entry.kind == "exited" and entry.name == pid) or (entry.kind == "crash" and entry.text == address):
                return row
        return None

    def _rows(self) -> Iterator[str]:
        former = None
        for row, entry in enumerate(self.timeline.entries):
            y = TOP + ROW * row + ROW // 2
            yield f'<g class="row"><title>{escape(_details(entry, self.timeline.begin_ns))}</title>'
            if entry.now != former:
                time = _time(entry.now - self.timeline.begin_ns)
                yield f'<text class="time" x="{LEFT - 14}" y="{y + 4}">{time}</text>'
            former = entry.now
            yield from self._row(entry, y)
            yield "</g>"

    def _row(self, entry: Entry, y: int) -> Iterator[str]:
        if entry.kind not in EVENTS:
            across = f'x1="{LEFT}" y1="{y}" x2="{self.width - 12}" y2="{y}"'
            yield f'<line {across} stroke="#a33" stroke-dasharray="2 4"/>'
            yield from _label(f"{entry.kind} {entry.text}", LEFT + 6, y=y + 4, kind="fact")
            return
        x = self.x[entry.who]
        if entry.kind in {"message", "exited"}:
            source = entry.sender if entry.kind == "message" else entry.name
            label = entry.name if entry.kind == "message" else f"exited {split_pid(entry.name)[0]}"
            yield from self._arrow(source, x, y=y, label=label, dashed=entry.kind == "exited")
        else:
            yield from self._mark(entry, x, y=y)

    def _arrow(self, source: str, x: int, *, y: int, label: str, dashed: bool) -> Iterator[str]:
        """From the sender's lane; from beside the receiver's if the sender has none, or is the receiver."""
        start = self.x.get(source)
        colour, head = self._colour(source)
        style = f'stroke="{colour}" stroke-width="1.6" marker-end="url(#head{head})" fill="none"'
        if dashed:
            style += ' stroke-dasharray="5 4"'
        if start == x:
            yield f'<path d="M{x},{y - 7} h22 q8,0 8,7 q0,7 -8,7 h-20" {style}/>'
            yield from _label(_cut(label, LABEL_MAX - 4), x + 36, y=y + 4)  # Its loop takes the room of four.
        elif start is None:
            yield f'<circle cx="{x - 46}" cy="{y}" r="3" fill="{colour}"/>'
            yield f'<line x1="{x - 46}" y1="{y}" x2="{x}" y2="{y}" {style}/>'
            told = label if dashed or not source else f"{split_pid(source)[0]}: {label}"
            yield from _label(_cut(told, LABEL_MAX), x + 12, y=y + 4)
        else:
            yield f'<line x1="{start}" y1="{y}" x2="{x}" y2="{y}" {style}/>'
            fits = min(int((abs(x - start) - HEADS) / CHARACTER), LONG_LABEL_MAX)
            yield from _label(_cut(label, fits), (start + x) // 2, y=y - 5, kind="name")

    def _mark(self, entry: Entry, x: int, *, y: int) -> Iterator[str]:
        """What comes from no other actor: a shape on the lane, and its name beside it."""
        colour, _ = self._colour(entry.who)
        yield _shape(entry.kind, x, y=y, colour=colour)
        is_method = entry.kind in {"dispatch", "resume", "timer"}  # Of the actor whose lane it is: no class before it.
        label = entry.name.rpartition(".")[2] if is_method else f"{entry.kind} {entry.name}".strip()
        yield from _label(_cut(label, LABEL_MAX), x + 12, y=y + 4)

    def _colour(self, pid: str) -> tuple[str, int]:
        """Of an actor's node, and the number of the arrow head that has it."""
        address = split_pid(pid)[1]
        return self.colours.get(address, "#777"), self.heads.get(address, len(self.heads))


def _label(text: str, x: int, *, y: int, kind: str = "mark") -> Iterator[str]:
    """Text on white, so that lines behind it do not cross it out. A name is centred."""
    width = len(text) * CHARACTER
    left = x - width / 2 if kind == "name" else x - 2
    yield f'<rect x="{left:.0f}" y="{y - 10}" width="{width:.0f}" height="12" fill="#fff" fill-opacity="0.85"/>'
    yield f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def _shape(kind: str, x: int, *, y: int, colour: str) -> str:
    if kind == "terminate":
        return f'<path d="M{x - 6},{y - 6} l12,12 m0,-12 l-12,12" stroke="{colour}" stroke-width="3" fill="none"/>'
    if kind == "timer":
        hands = f'<path d="M{x},{y - 4} v4 h3" stroke="{colour}" stroke-width="1.4" fill="none"/>'
        return f'<circle cx="{x}" cy="{y}" r="7" fill="#fff" stroke="{colour}" stroke-width="1.6"/>{hands}'
    if kind == "initialize":
        return f'<circle cx="{x}" cy="{y}" r="6" fill="{colour}"/>'
    if kind == "http":
        return f'<path d="M{x},{y - 7} l7,7 l-7,7 l-7,-7 z" fill="{colour}"/>'
    size = 'width="12" height="12" rx="2"'
    return f'<rect x="{x - 6}" y="{y - 6}" {size} fill="#fff" stroke="{colour}" stroke-width="1.6"/>'


def _caption(timeline: Timeline) -> str:
    words = f"{len(timeline.entries):,} events of {len(timeline.lanes)} actors"
    if timeline.entries_left_out:
        words += f"; {timeline.entries_left_out:,} more are left out"
    if timeline.lanes_left_out:
        words += f"; {timeline.lanes_left_out:,} more actors have no line"
    return words


def _details(entry: Entry, begin_ns: int) -> str:
    words = [f"#{entry.n} at {_time(entry.now - begin_ns)}: {entry.kind} {entry.name or entry.text}".strip()]
    words.append(f"to {entry.who}")
    if entry.sender:
        words.append(f"from {entry.sender}")
    return "\n".join(words)


def _time(ns: int) -> str:
    """Seconds since the log began, to the microsecond."""
    return f"{ns // NS_PER_US / 1e6:.6f} s"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"

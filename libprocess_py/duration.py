"""Durations as Mesos writes them: `1.5secs`, `500ms`, `2hrs`. Integer nanoseconds inside."""

from __future__ import annotations

import re
from typing import Final

NANOSECOND: Final = 1
MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

UNITS: Final = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "ms": MILLISECOND,
    "secs": SECOND,
    "mins": MINUTE,
    "hrs": HOUR,
    "days": DAY,
    "weeks": WEEK,
}

_DURATION: Final = re.compile(r"(-?)([0-9]{1,18})(?:\.([0-9]{1,9}))?([a-z]{2,5})", re.ASCII)


def parse_duration(text: str) -> int:
    """Nanoseconds, rounded down to whole ones. Raises ValueError with the units that there are."""
    match = _DURATION.fullmatch(text)
    unit = UNITS.get(match[4]) if match else None
    if match is None or unit is None:
        raise ValueError(f"duration {text!r}: expected a number and a unit, one of {', '.join(UNITS)}")
    fraction: str = match[3] or "0"
    scale: int = 10 ** len(fraction)
    ns = int(match[2]) * unit + int(fraction) * unit // scale
    return -ns if match[1] else ns


def format_duration(ns: int) -> str:
    """The shortest exact text: in the largest unit that divides it, `1500ms` rather than `1.5secs`."""
    for name, unit in reversed(UNITS.items()):
        if ns % unit == 0 and (ns or name == "secs"):
            return f"{ns // unit}{name}"
    return f"{ns}ns"

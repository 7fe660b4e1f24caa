"""Durations as flags and endpoints write them, `15secs` or `1.5mins`, exact in integer nanoseconds."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from mesos_py.protocol.values import shown

UNITS_NS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "secs": 1_000_000_000,
    "mins": 60_000_000_000,
    "hrs": 3_600_000_000_000,
    "days": 86_400_000_000_000,
    "weeks": 604_800_000_000_000,
}
DURATION_NS_MAX: Final = 2**63 - 1  # Durations are int64 nanoseconds on the wire: about 292 years.
DIGITS_MAX: Final = 40  # More digits than any duration up to the maximum needs.

_DURATION: Final = re.compile(rf"\s*(\d{{1,{DIGITS_MAX}}}(?:\.\d{{1,{DIGITS_MAX}}})?)\s*([a-z]+)\s*", re.ASCII)


def parse_duration(text: str) -> int:
    """Nanoseconds of `1.5mins`. Raises ValueError for a missing or unknown unit, a sign, or more than int64 holds."""
    match = _DURATION.fullmatch(text)
    unit = UNITS_NS.get(match[2]) if match else None
    if match is None or unit is None:
        raise ValueError(f"duration {shown(text)}: expected a number and one of {', '.join(UNITS_NS)}, such as 1.5mins")
    ns = int((Decimal(match[1]) * unit).to_integral_value(ROUND_HALF_UP))
    if ns > DURATION_NS_MAX:
        raise ValueError(f"duration {shown(text)}: expected at most {DURATION_NS_MAX}ns")
    return ns


def format_duration(ns: int) -> str:
    """The text in the largest unit that needs at most one decimal; `parse_duration` reads it back exactly."""
    assert ns >= 0, "a duration is never negative"
    for unit, unit_ns in reversed(UNITS_NS.items()):
        if ns >= unit_ns and ns * 10 % unit_ns == 0:
            whole, tenths = divmod(ns * 10 // unit_ns, 10)
            return f"{whole}.{tenths}{unit}" if tenths else f"{whole}{unit}"
    return "0ns"

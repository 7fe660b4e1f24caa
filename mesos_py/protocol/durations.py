"""Durations as flags and endpoints write them, `15secs` or `1.5mins`, exact in integer nanoseconds.

The grammar is the runtime's; a cluster's durations are also never negative and fit the int64 of the wire.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from libprocess_py import duration
from libprocess_py.duration import format_duration
from mesos_py.protocol.values import shown

__all__ = ["DURATION_NS_MAX", "Nanoseconds", "format_duration", "parse_duration"]

DURATION_NS_MAX: Final = 2**63 - 1  # About 292 years.

# A time or a duration in a message. JSON knows no largest number, and arithmetic with floats does.
Nanoseconds = Annotated[int, msgspec.Meta(ge=-DURATION_NS_MAX, le=DURATION_NS_MAX)]


def parse_duration(text: str) -> int:
    """Nanoseconds of `1.5mins`. Raises ValueError for a missing or unknown unit, a sign, or more than int64 holds."""
    ns = duration.parse_duration(text.strip())
    if not 0 <= ns <= DURATION_NS_MAX:
        raise ValueError(f"duration {shown(text)}: expected at least 0 and at most {DURATION_NS_MAX}ns")
    return ns

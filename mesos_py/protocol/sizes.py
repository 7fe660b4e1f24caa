"""Sizes in bytes as flags write them: `512MB`, `2GB`. A KB is 1024 bytes, as everywhere in Mesos."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from mesos_py.protocol.values import shown

UNITS_BYTES: Final = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
SIZE_BYTES_MAX: Final = 2**64 - 1  # Sizes are uint64 on the wire.
DIGITS_MAX: Final = 20  # The maximum has twenty digits.

_SIZE: Final = re.compile(rf"\s*(\d{{1,{DIGITS_MAX}}}(?:\.\d{{1,{DIGITS_MAX}}})?)\s*([A-Z]+)\s*", re.ASCII)


def parse_size(text: str) -> int:
    """Bytes of `2GB` or `1.5KB`. Raises ValueError for an unknown unit, part of a byte, or more than uint64 holds."""
    match = _SIZE.fullmatch(text)
    unit = UNITS_BYTES.get(match[2]) if match else None
    if match is None or unit is None:
        raise ValueError(f"size {shown(text)}: expected a number and one of {', '.join(UNITS_BYTES)}, such as 2GB")
    size = Decimal(match[1]) * unit
    if size != int(size):
        raise ValueError(f"size {shown(text)}: expected a whole number of bytes")
    if size > SIZE_BYTES_MAX:
        raise ValueError(f"size {shown(text)}: expected at most {SIZE_BYTES_MAX} bytes")
    return int(size)


def format_size(size: int) -> str:
    """The text in the largest unit that divides the size; `parse_size` reads it back exactly."""
    assert size >= 0, "a size is never negative"
    for unit, unit_bytes in reversed(UNITS_BYTES.items()):
        if size >= unit_bytes and size % unit_bytes == 0:
            return f"{size // unit_bytes}{unit}"
    return "0B"

"""Chance without a generator: every draw is a function of the seed and of what it is drawn for.

An order that is drawn this way does not depend on which other things took part, so leaving out what cannot matter
changes nothing for the rest (and a faster implementation can leave out more).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

MASK: Final = (1 << 64) - 1
UNIFORM_BITS: Final = 52  # So many and a half are exact in a double, so neither end is ever reached.


def stable_hash(*parts: str | int) -> int:
    """64 bits of the parts, the same in every process."""
    text = "\0".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def mix(value: int) -> int:
    """Scatter 64 bits, one to one (the finalizer of splitmix64): cheap, for draws that differ in a known part only."""
    value &= MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def mixed(values: Iterable[int], draw: int) -> list[int]:
    """`mix(value ^ draw)` for each of these 64-bit values: the same steps, without a call for each."""
    first = [(value := each ^ draw) ^ (value >> 30) for each in values]
    second = [(value := each * 0xBF58476D1CE4E5B9 & MASK) ^ (value >> 27) for each in first]
    return [(value := each * 0x94D049BB133111EB & MASK) ^ (value >> 31) for each in second]


def uniform(value: int) -> float:
    """A drawn 64-bit number as one in (0, 1)."""
    return ((value >> (64 - UNIFORM_BITS)) + 0.5) / (1 << UNIFORM_BITS)

"""Which policies there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator

DEFAULT_POLICY: Final = "hierarchical"
POLICIES: Final[Mapping[str, Callable[[AllocatorSettings], Allocator]]] = {"hierarchical": HierarchicalAllocator}


def make_allocator(name: str, settings: AllocatorSettings) -> Allocator:
    """The policy of that name. ValueError if there is none."""
    if name not in POLICIES:
        raise ValueError(f"allocator {name!r}: expected one of {', '.join(POLICIES)}")
    return POLICIES[name](settings)

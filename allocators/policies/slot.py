"""Slot fairness: machines are cut into slots of one size, and everybody holds as many slots.

The rule of Hadoop's fair scheduler, with which DRF (NSDI 2011, evaluation) compares itself. Parameters say what a slot
is, `cpus=1,mem=2048`; without any a slot is a cpu, whatever memory comes with it. What is not in a slot is free of
charge, so who needs much of it pays nothing: that is what the rule is known for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import positive_numbers
from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.registry import drawless
from allocators.sorters.sorter import Pool
from allocators.sorters.tree import Key, Node
from mesos_py.protocol.quantities import Quantities

A_CPU: Final = Quantities.of(cpus=1)


class SlotSorter(KeyedSorter):
    """Clients by the number of slots that cover what they hold, divided by their weights; fewest first."""

    def __init__(self, pool: Pool, slot: Mapping[str, int]) -> None:
        super().__init__(pool)
        self._slot = slot  # Thousandths by name.

    def slots(self, held: Mapping[str, int]) -> int:
        """The smallest number of whole slots with as much of everything that slots are made of."""
        return max(-(-held.get(name, 0) // milli) for name, milli in self._slot.items())

    def _key(self, node: Node) -> Key:
        return self.slots(node.held) / self.weight(node), node.count, node.path


def slot_fairness(settings: AllocatorSettings) -> Allocator:
    """The policy `slot`."""
    slot = Quantities.of(**positive_numbers(settings)) if settings.parameters else A_CPU
    for name in settings.parameters:
        if not slot[name]:
            raise ValueError(f"allocator parameter {name!r}: expected at least a thousandth in a slot")
    sizes = dict(slot.items())

    make_sorter = drawless(partial(SlotSorter, slot=sizes))
    return HierarchicalAllocator(settings, Rules(make_sorter, make_sorter))

"""Competitive equilibrium from equal incomes: everybody has the same budget, prices are such that all is sold.

The rule that economists would use (Varian 1974; DRF, NSDI 2011, section 5.2). For tasks with fixed proportions it is
proportional fairness: the product of what everybody can run is as large as can be (Nash's bargaining solution;
Eisenberg and Gale 1959). It fills the cluster better than DRF and pays for that with strategy-proofness.

What a client holds shows the proportions it wants. From those of all clients on a level of the role tree come the
prices; the client whose holdings cost least at them, by its weight, is next. A resource that nobody lacks is free.
Prices are found anew only after something came back, when what is held is what is used and not what was just offered:
within a run they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Final, TypeAlias

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import no_parameters
from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.registry import drawless
from allocators.sorters.sorter import Entry, Pool
from allocators.sorters.tree import Key, Node

# Fractions of the pool by name.
Vector: TypeAlias = Mapping[str, float]

ROUNDS_MAX: Final = 200  # Each costs clients x names. By then what is sold differs from the pool by 0.1 % at worst.
CLOSE_ENOUGH: Final = 1e-9  # Relative change of the prices in one round: far below what one offer moves.


def equilibrium(wanted: Sequence[Vector], budgets: Sequence[float], *, names: Sequence[str]) -> dict[str, float]:
    """The prices, adding up to one, at which the budgets buy bundles of these proportions that fill the pool.

    They are where sum(budget * log(price of the client's bundle)) is largest: the dual of the largest product. Each
    round multiplies a price by the demand for its resource, which never lowers that sum (it is an EM iteration).
    """
    prices = dict.fromkeys(names, 1 / len(names))
    incomes = fsum(budgets)
    for _ in range(ROUNDS_MAX):
        demand = dict.fromkeys(names, 0.0)
        for vector, budget in zip(wanted, budgets, strict=True):
            bundles = budget / cost(vector, prices)
            for name, part in vector.items():
                demand[name] += part * bundles
        last, prices = prices, {name: price * demand[name] / incomes for name, price in prices.items()}
        if all(abs(prices[name] - last[name]) <= CLOSE_ENOUGH * last[name] for name in names):
            break
    return prices


def cost(vector: Vector, prices: Mapping[str, float]) -> float:
    """What so much of each resource costs."""
    return fsum(part * prices[name] for name, part in vector.items())


class MarketSorter(KeyedSorter):
    """Clients by what their holdings cost at equilibrium prices, divided by their weights; cheapest first."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._prices: dict[str, dict[str, float]] = {}  # By the path of the level's inner node, as far as asked for;
        self._priced = -1  # all found at this epoch.

    def prices(self, level: str = "") -> Mapping[str, float]:
        """The prices of names among the children of that path."""
        if self._priced != self._epoch():
            self._prices.clear()
            self._priced = self._epoch()
        if level not in self._prices:
            node = self._tree.root if level == "" else self._tree.node(level)
            assert node is not None, f"expected a path of the tree, got {level!r}"
            self._prices[level] = self._find_prices(node)
        return self._prices[level]

    def _find_prices(self, node: Node) -> dict[str, float]:
        buyers = [child for child in node.children.values() if any(self._fractions(child).values())]
        names = [name for name in self._pool.totals if name not in self._pool.excluded]
        if not buyers:
            return dict.fromkeys(names, 1 / max(len(names), 1))
        return equilibrium(
            [self._fractions(child) for child in buyers], [self.weight(child) for child in buyers], names=names
        )

    def _fractions(self, node: Node) -> dict[str, float]:
        pool = self._pool
        return {
            name: milli / pool.totals[name]
            for name, milli in node.held.items()
            if name in pool.totals and name not in pool.excluded
        }

    def _key(self, node: Node) -> Key:
        assert node.parent is not None, "the root stands in no order"
        return cost(self._fractions(node), self.prices(node.parent.path)) / self.weight(node), node.count, node.path

    # What opens the markets again.

    def unallocated(self, client: str, entry: Entry) -> None:
        super().unallocated(client, entry)
        self._reopen()

    def update(self, client: str, old: Entry, *, new: Entry) -> None:
        super().update(client, old, new=new)
        self._reopen()

    def remove(self, client: str) -> None:
        super().remove(client)
        self._reopen()

    def update_weight(self, path: str, weight: float) -> None:
        super().update_weight(path, weight)
        self._reopen()

    def _reopen(self) -> None:
        self._turn += 1


def proportional_fairness(settings: AllocatorSettings) -> Allocator:
    """The policy `ceei`."""
    no_parameters(settings)
    make_sorter = drawless(MarketSorter)
    return HierarchicalAllocator(settings, Rules(make_sorter, make_sorter))

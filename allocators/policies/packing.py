"""Best fit: the next client by dominant resource fairness gets the agent whose free resources look most like its use.

The alignment of Tetris (Grandl et al., SIGCOMM 2014) under DRF's order: who comes next is a matter of fairness, which
agent of packing. A framework with much memory per cpu is sent where there is much memory per cpu, so that less of
either is stranded beside a resource that has run out. Alignment is the cosine of the angle between what is free on the
agent and what the client held when the run began, both as fractions of the pool; clients that hold nothing take the
agents as they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import fsum, sqrt
from typing import Final, TypeAlias

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import no_parameters
from allocators.sorters.registry import sorter_factory

# A framework under a role.
Client: TypeAlias = tuple[str, str]
# Fractions of the pool by name, scaled to length one; empty: of nothing.
Direction: TypeAlias = Mapping[str, float]

# Agents with equal free resources are one choice. With more choices than this only those whose turn would come first
# are compared: a good one among many is nearly as good as the best, and a turn stays cheap.
CHOICES_MAX: Final = 200


class PackingAllocator(HierarchicalAllocator):
    """The policy `packing`."""

    def __init__(self, settings: AllocatorSettings) -> None:
        no_parameters(settings)
        make_sorter = sorter_factory("drf")
        super().__init__(settings, Rules(make_sorter, make_sorter, agent_order=self._turns))

    def _turns(self, agents: Sequence[AgentBook]) -> Iterator[AgentBook]:
        wanted = {client: self._direction(held) for client, held in self._clients()}
        choices: dict[tuple[tuple[str, int], ...], list[AgentBook]] = {}
        for agent in agents:
            choices.setdefault(tuple(sorted(agent.free.scalar_quantities.items())), []).append(agent)
        for same in choices.values():
            same.reverse()  # Taken from the end.
        offered = {free: self._direction(dict(free)) for free in choices}
        while choices:
            client = self._next_client()
            best, fit = next(iter(choices)), -1.0
            direction = wanted.get(client, {}) if client is not None else {}
            for free in islice(choices, CHOICES_MAX if direction else 0):
                alignment = cosine(direction, offered[free])
                if alignment > fit:  # The first of several: they stand in random order.
                    best, fit = free, alignment
            yield choices[best].pop()
            if not choices[best]:
                del choices[best]

    def _clients(self) -> Iterator[tuple[Client, Mapping[str, int]]]:
        for role, sorter in self.books.framework_sorters.items():
            for framework_id in sorter.clients():
                yield (role, framework_id), sorter.held(framework_id)

    def _next_client(self) -> Client | None:
        for role in self.books.role_sorter.walk():
            for framework_id in self.books.framework_sorters[role].walk():
                return role, framework_id
        return None

    def _direction(self, amounts: Mapping[str, int]) -> Direction:
        totals = self.books.pool.totals
        fractions = {name: milli / totals[name] for name, milli in amounts.items() if milli and name in totals}
        length = sqrt(fsum(each * each for each in fractions.values()))
        return {name: each / length for name, each in fractions.items()}


def cosine(one: Direction, other: Direction) -> float:
    """Of the angle between two directions: one if they are the same, zero if they have nothing in common."""
    return fsum(each * other.get(name, 0.0) for name, each in one.items())

"""What scenarios expect of a replay: offers since the last look, and state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources
from tests.support.allocator_replay import Cell, Replay, Step
from tests.support.resource_notation import resources_of


def check_offers(replay: Replay, step: Step) -> None:
    """An `expect` step: compare, then forget."""
    offers, replay.offers = replay.offers, {}
    inverse, replay.inverse = replay.inverse, []
    if step.get("none"):
        assert not offers, f"expected no offers, got {offers}"
    if "offers" in step:
        check_cells(offers, cells_of(step["offers"]), partial=step.get("partial", False))
    if "one_of" in step:
        assert any(offers == cells_of(each) for each in step["one_of"]), f"none of the alternatives: {offers}"
    if "totals" in step:
        check_totals(offers, step["totals"])
    if "sum" in step:
        total = quantities_of(offers.values())
        assert total == Quantities.from_wire(step["sum"]), f"expected {step['sum']}, got {total}"
    if "count" in step:
        assert len(offers) == step["count"], f"expected {step['count']} cells, got {offers}"
    if "inverse" in step:
        expected = [(framework, agent) for framework, agents in step["inverse"].items() for agent in agents]
        assert sorted(inverse) == sorted(expected)


def check_cells(offers: Mapping[Cell, Resources], expected: Mapping[Cell, Resources], *, partial: bool) -> None:
    if partial:
        offers = {cell: resources for cell, resources in offers.items() if cell in expected}
    assert offers == expected, f"expected {expected}, got {offers}"


def cells_of(offers: Mapping[str, Any]) -> dict[Cell, Resources]:
    return {
        (FrameworkId(framework), role, AgentId(agent)): resources_of(resources)
        for framework, roles in offers.items()
        for role, agents in roles.items()
        for agent, resources in agents.items()
    }


def check_totals(offers: Mapping[Cell, Resources], totals: Mapping[str, Any]) -> None:
    got: dict[tuple[str, str], list[Resources]] = {}
    for (framework, role, _), resources in offers.items():
        got.setdefault((framework, role), []).append(resources)
    assert got.keys() == {(framework, role) for framework, roles in totals.items() for role in roles}
    for name, roles in totals.items():
        for role, expected in roles.items():
            parts = got[name, role]
            assert len(parts) == expected.get("agents", len(parts))
            if "quantities" in expected:
                assert quantities_of(parts) == Quantities.from_wire(expected["quantities"])


def quantities_of(parts: Any) -> Quantities:
    total = Quantities()
    for part in parts:
        total += part.quantities
    return total


def check_state(replay: Replay, step: Step) -> None:
    """An `expect_state` step, for what the hierarchical policy can tell."""
    allocator = replay.allocator
    assert isinstance(allocator, HierarchicalAllocator)
    books = allocator.books
    for role, share in step.get("shares", {}).items():
        assert abs(books.role_sorter.share(role) - share) < 1e-9, (role, books.role_sorter.share(role), share)
    for role in step.get("absent_roles", ()):
        assert role not in books.role_sorter
    if "known_roles" in step:
        assert books.roles.known(books.framework_sorters) == sorted(step["known_roles"])
    if "role_order" in step:
        assert books.role_sorter.sort() == step["role_order"]
    for role, order in step.get("framework_order", {}).items():
        assert books.framework_sorters[role].sort() == order
    for role, count in step.get("filters_active", {}).items():
        assert sum(cell[1] == role for cell in allocator.refusals.active(replay.now)) == count
    if "cluster_total" in step:
        assert allocator.total() == Quantities.from_wire(step["cluster_total"])
    if "cluster_offered_or_allocated" in step:
        assert allocator.offered_or_allocated() == Quantities.from_wire(step["cluster_offered_or_allocated"])
    for role, consumed in step.get("quota_consumed", {}).items():
        assert Quantities(books.roles.consumed(role, in_use_only=True)) == Quantities.from_wire(consumed)
    if "allocation_runs" in step:
        assert allocator.runs == step["allocation_runs"]
    for agent, statuses in step.get("inverse_statuses", {}).items():
        told = allocator.maintenance.statuses().get(AgentId(agent), {})
        assert {framework: status.value for framework, status in told.items()} == statuses

"""What allocator scenarios expect: offers and inverse offers since the last look, and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from allocators.replay.account import Cell
from allocators.replay.notation import notation_of, number_of, resources_of
from allocators.replay.reading import Fields
from allocators.replay.stage import Seen
from allocators.replay.verdict import Mismatch, compare, written
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resources import Resources

Offers = Mapping[Cell, Resources]

SHARE_ERROR_MAX: Final = 1e-9  # Shares are doubles, and authors of cases round them.


def check_offers(seen: Seen, step: Fields) -> Mismatch | None:
    """An `expect` step; the first complaint."""
    return next(_complaints(seen, step), None)


def _complaints(seen: Seen, step: Fields) -> Iterator[Mismatch]:
    offers = seen.offers
    if step.flag("none", default=False) and offers:
        yield Mismatch("none", "no offers", shown_offers(offers))
    if step.has("offers"):
        yield from _check_cells(offers, step)
    if step.has("one_of"):
        alternatives = [cells_of(Fields(each, step.path("one_of"))) for each in step.need("one_of")]
        if offers not in alternatives:
            yield Mismatch("one_of", " or ".join(map(shown_offers, alternatives)), shown_offers(offers))
    if step.has("totals"):
        yield from _check_totals(offers, step.fields("totals"))
    if step.has("sum"):
        total = step.parsed("sum", Quantities.from_wire)
        yield from _differ("sum", shown_amounts(total), got=shown_amounts(quantities_of(offers.values())))
    if step.has("count"):
        yield from _differ("count", step.count("count"), got=len(offers))
    if step.has("inverse"):
        inverse = step.fields("inverse")
        expected = {(framework, agent) for framework in inverse.values for agent in inverse.texts(framework)}
        yield from _differ("inverse", sorted(expected), got=sorted(set(seen.inverse)))


def _differ(where: str, expected: Any, *, got: Any) -> Iterator[Mismatch]:
    mismatch = compare(where, expected, got=got)
    if mismatch is not None:
        yield mismatch


def _check_cells(offers: Offers, step: Fields) -> Iterator[Mismatch]:
    expected = cells_of(step.fields("offers"))
    is_partial = step.flag("partial", default=False)
    got = {cell: resources for cell, resources in offers.items() if cell in expected or not is_partial}
    if got != expected:
        yield Mismatch("offers", shown_offers(expected), shown_offers(got))


def cells_of(offers: Fields) -> dict[Cell, Resources]:
    """Read `{framework: {role: {agent: resources}}}`."""
    cells: dict[Cell, Resources] = {}
    for framework in offers.values:
        roles = offers.fields(framework)
        for role in roles.values:
            agents = roles.fields(role)
            for agent in agents.values:
                cells[FrameworkId(framework), role, AgentId(agent)] = agents.parsed(agent, resources_of)
    return cells


def _check_totals(offers: Offers, totals: Fields) -> Iterator[Mismatch]:
    got: dict[str, dict[str, list[Resources]]] = {}
    for (framework, role, _), resources in offers.items():
        got.setdefault(framework, {}).setdefault(role, []).append(resources)
    expected = sorted((framework, role) for framework in totals.values for role in totals.fields(framework).values)
    yield from _differ("totals", expected, got=sorted((name, role) for name, roles in got.items() for role in roles))
    for name, role in expected:
        wanted, parts = totals.fields(name).fields(role), got.get(name, {}).get(role, [])
        where = f"totals.{name}.{role}"
        if wanted.has("agents"):
            yield from _differ(f"{where}.agents", wanted.count("agents"), got=len(parts))
        if wanted.has("quantities"):
            total = wanted.parsed("quantities", Quantities.from_wire)
            yield from _differ(f"{where}.quantities", shown_amounts(total), got=shown_amounts(quantities_of(parts)))


def quantities_of(parts: Iterable[Resources]) -> Quantities:
    """All of these together."""
    total = Quantities()
    for part in parts:
        total += part.quantities
    return total


def shown_amounts(amounts: Quantities | Limits) -> dict[str, float]:
    """As cases write them."""
    return {name: number_of(milli) for name, milli in amounts.items()}


def shown_offers(offers: Offers) -> str:
    """As cases write them."""
    tree: dict[str, dict[str, dict[str, Any]]] = {}
    for (framework, role, agent), resources in offers.items():
        tree.setdefault(framework, {}).setdefault(role, {})[agent] = notation_of(resources)
    return written(tree)


# State.


def check_state(state: Mapping[str, Any], want: Fields) -> Mismatch | None:
    """An `expect_state` step, for what was told; the first complaint."""
    return next((complaint for name in state for complaint in _state_complaints(state[name], want, name=name)), None)


def _state_complaints(told: Any, want: Fields, *, name: str) -> Iterator[Mismatch]:
    if name == "shares":
        shares = want.fields(name)
        for role in shares.values:
            expected, got = shares.number(role), told.get(role)
            if got is None or abs(expected - got) > SHARE_ERROR_MAX:
                yield Mismatch(f"shares.{role}", written(expected), "no such client" if got is None else written(got))
    elif name in ("absent_roles", "known_roles"):
        yield from _differ(name, sorted(want.texts(name)), got=sorted(told))
    elif name == "role_order":
        yield from _differ(name, list(want.texts(name)), got=told)
    elif name == "allocation_runs":
        yield from _differ(name, want.count(name), got=told)
    elif name in ("cluster_total", "cluster_offered_or_allocated"):
        yield from _differ(name, want.parsed(name, Quantities.from_wire).as_floats(), got=told)
    elif name == "quota_consumed":
        roles = want.fields(name)
        for role in roles.values:
            consumed = roles.parsed(role, Quantities.from_wire).as_floats()
            yield from _differ(f"{name}.{role}", consumed, got=told[role])
    else:
        for key, wanted in want.fields(name).values.items():
            yield from _differ(f"{name}.{key}", wanted, got=told.get(key))

"""Sorter scenarios: the order of clients alone, played against the sorter that the allocator uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from allocators.replay.expectations import SHARE_ERROR_MAX, shown_amounts
from allocators.replay.notation import notation_of, resources_of
from allocators.replay.reading import Fields
from allocators.replay.scenario import DEFECTS
from allocators.replay.steps import weight_of
from allocators.replay.verdict import Mismatch, compare, written
from allocators.sorters.drf import DrfSorter
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.values import shown


class SorterStage:
    """One scenario under way. Which resources of which agent a client holds is kept here; sorters keep sums."""

    def __init__(self, excluded: tuple[str, ...]) -> None:
        self.pool = Pool(frozenset(excluded))
        self.sorter = DrfSorter(self.pool)
        self.agents: dict[str, dict[str, int]] = {}
        self.holdings: dict[str, dict[str, Resources]] = {}

    # Steps.

    def add_agent(self, step: Fields) -> None:
        agent = step.text("id")
        if agent in self.agents:
            raise step.error("id", f"expected a new agent, but {agent!r} is there")
        self.agents[agent] = dict(step.parsed("quantities", Quantities.from_wire).items())
        self.pool.add(self.agents[agent])

    def remove_agent(self, step: Fields) -> None:
        agent = step.text("id")
        if agent not in self.agents:
            raise step.error("id", f"expected an agent that is there, got {agent!r}")
        self.pool.remove(self.agents.pop(agent))

    def add(self, step: Fields) -> None:
        for client in step.texts("clients"):
            self.sorter.add(client)

    def remove(self, step: Fields) -> None:
        for client in step.texts("clients"):
            self.sorter.remove(client)
            self.holdings.pop(client, None)

    def activate(self, step: Fields) -> None:
        for client in step.texts("clients"):
            self.sorter.activate(client)

    def deactivate(self, step: Fields) -> None:
        for client in step.texts("clients"):
            self.sorter.deactivate(client)

    def update_weight(self, step: Fields) -> None:
        self.sorter.update_weight(step.text("path"), step.parsed("weight", weight_of))

    def allocated(self, step: Fields) -> None:
        resources = step.parsed("resources", resources_of)
        self.sorter.allocated(step.text("client"), Entry(AgentId(step.text("agent")), resources))
        self._change(step, NOTHING, new=resources)

    def unallocated(self, step: Fields) -> None:
        resources = step.parsed("resources", resources_of)
        self.sorter.unallocated(step.text("client"), Entry(AgentId(step.text("agent")), resources))
        self._change(step, resources, new=NOTHING)

    def update(self, step: Fields) -> None:
        old, new = step.parsed("old", resources_of), step.parsed("new", resources_of)
        agent_id = AgentId(step.text("agent"))
        self.sorter.update(step.text("client"), Entry(agent_id, old), new=Entry(agent_id, new))
        self._change(step, old, new=new)

    def _change(self, step: Fields, old: Resources, *, new: Resources) -> None:
        agents, agent = self.holdings.setdefault(step.text("client"), {}), step.text("agent")
        agents[agent] = agents.get(agent, NOTHING) - old + new
        if not agents[agent]:
            del agents[agent]

    # Expectations.

    def expect_sort(self, step: Fields) -> Mismatch | None:
        return compare("order", list(step.texts("order")), got=self.sorter.sort())

    def expect_members(self, step: Fields) -> Mismatch | None:
        return compare("clients", sorted(step.texts("clients")), got=sorted(self.sorter.sort()))

    def expect_contains(self, step: Fields) -> Mismatch | None:
        clients = step.fields("clients").values
        return compare("clients", dict(clients), got={client: client in self.sorter for client in clients})

    def expect_count(self, step: Fields) -> Mismatch | None:
        return compare("count", step.count("count"), got=len(self.sorter))

    def expect_allocation(self, step: Fields) -> Mismatch | None:
        agents, held = step.fields("agents"), self.holdings.get(step.text("client"), {})
        expected = {agent: resources for agent in agents.values if (resources := agents.parsed(agent, resources_of))}
        if held == expected:
            return None
        return Mismatch("agents", _shown_holdings(expected), _shown_holdings(held))

    def expect_quantities(self, step: Fields) -> Mismatch | None:
        expected = step.parsed("quantities", Quantities.from_wire)
        held = Quantities(self.sorter.held(step.text("client") if step.has("client") else None))
        return compare("quantities", shown_amounts(expected), got=shown_amounts(held))

    def expect_shares(self, step: Fields) -> Mismatch | None:
        shares = step.fields("shares")
        for client in shares.values:
            expected, got = shares.number(client), self.sorter.share(client)
            if abs(expected - got) > SHARE_ERROR_MAX:
                return Mismatch(f"shares.{client}", written(expected), written(got))
        return None


def _shown_holdings(agents: Mapping[str, Resources]) -> str:
    return written({agent: notation_of(resources) for agent, resources in agents.items()})


STEPS: Final[Mapping[str, Callable[[SorterStage, Fields], Mismatch | None]]] = {
    step.__name__: step
    for step in (
        SorterStage.add_agent,
        SorterStage.remove_agent,
        SorterStage.add,
        SorterStage.remove,
        SorterStage.activate,
        SorterStage.deactivate,
        SorterStage.update_weight,
        SorterStage.allocated,
        SorterStage.unallocated,
        SorterStage.update,
        SorterStage.expect_sort,
        SorterStage.expect_members,
        SorterStage.expect_contains,
        SorterStage.expect_count,
        SorterStage.expect_allocation,
        SorterStage.expect_quantities,
        SorterStage.expect_shares,
    )
}


def play(case: Fields) -> Mismatch | None:
    """The first thing that does not come out as expected."""
    stage = SorterStage(case.fields("config", optional=True).texts("fair_sharing_excluded", ()))
    for step in case.listed("steps"):
        name = step.text("op")
        if name not in STEPS:
            raise step.error("op", f"expected one of {', '.join(sorted(STEPS))}, got {shown(name)}")
        try:
            mismatch = STEPS[name](stage, step)
            stage.sorter.check()
        except DEFECTS as defect:
            mismatch = Mismatch("", "to be carried out", f"{type(defect).__name__}: {defect}")
        if mismatch is not None:
            return mismatch._replace(where=f"{step.where} {name} {mismatch.where}".rstrip())
    return None

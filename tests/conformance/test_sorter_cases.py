"""Every scenario of cases/sorter.json: the order of clients alone, with hierarchy, weights, activation and counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from allocators.sorters.drf import DrfSorter
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources
from tests.support.resource_notation import resources_of

Step = dict[str, Any]
PATH: Final = Path(__file__).parent / "cases" / "sorter.json"
SCENARIOS: Final[list[dict[str, Any]]] = json.loads(PATH.read_text())["scenarios"]


class SorterReplay:
    """One scenario under way. Which resources of which agent a client holds is kept here; sorters keep sums."""

    def __init__(self, excluded: list[str]) -> None:
        self.pool = Pool(frozenset(excluded))
        self.sorter = DrfSorter(self.pool)
        self.agents: dict[str, dict[str, int]] = {}
        self.holdings: dict[str, dict[str, Resources]] = {}

    def do(self, step: Step) -> None:
        getattr(self, f"do_{step['op']}")(step)
        self.sorter.check()

    def do_add_agent(self, step: Step) -> None:
        self.agents[step["id"]] = dict(Quantities.from_wire(step["quantities"]).items())
        self.pool.add(self.agents[step["id"]])

    def do_remove_agent(self, step: Step) -> None:
        self.pool.remove(self.agents.pop(step["id"]))

    def do_add(self, step: Step) -> None:
        for client in step["clients"]:
            self.sorter.add(client)

    def do_remove(self, step: Step) -> None:
        for client in step["clients"]:
            self.sorter.remove(client)
            self.holdings.pop(client, None)

    def do_activate(self, step: Step) -> None:
        for client in step["clients"]:
            self.sorter.activate(client)

    def do_deactivate(self, step: Step) -> None:
        for client in step["clients"]:
            self.sorter.deactivate(client)

    def do_update_weight(self, step: Step) -> None:
        self.sorter.update_weight(step["path"], step["weight"])

    def do_allocated(self, step: Step) -> None:
        resources = resources_of(step["resources"])
        self.sorter.allocated(step["client"], Entry(AgentId(step["agent"]), resources))
        self._change(step, NOTHING, new=resources)

    def do_unallocated(self, step: Step) -> None:
        resources = resources_of(step["resources"])
        self.sorter.unallocated(step["client"], Entry(AgentId(step["agent"]), resources))
        self._change(step, resources, new=NOTHING)

    def do_update(self, step: Step) -> None:
        old, new = resources_of(step["old"]), resources_of(step["new"])
        agent_id = AgentId(step["agent"])
        self.sorter.update(step["client"], Entry(agent_id, old), new=Entry(agent_id, new))
        self._change(step, old, new=new)

    def _change(self, step: Step, old: Resources, *, new: Resources) -> None:
        agents = self.holdings.setdefault(step["client"], {})
        agents[step["agent"]] = agents.get(step["agent"], NOTHING) - old + new

    def do_expect_sort(self, step: Step) -> None:
        assert self.sorter.sort() == step["order"]

    def do_expect_members(self, step: Step) -> None:
        assert sorted(self.sorter.sort()) == sorted(step["clients"])

    def do_expect_contains(self, step: Step) -> None:
        assert {client: client in self.sorter for client in step["clients"]} == step["clients"]

    def do_expect_count(self, step: Step) -> None:
        assert len(self.sorter) == step["count"]

    def do_expect_allocation(self, step: Step) -> None:
        holdings = {agent: held for agent, held in self.holdings.get(step["client"], {}).items() if held}
        assert holdings == {agent: resources_of(resources) for agent, resources in step["agents"].items()}

    def do_expect_quantities(self, step: Step) -> None:
        assert Quantities(self.sorter.held(step.get("client"))) == Quantities.from_wire(step["quantities"])

    def do_expect_shares(self, step: Step) -> None:
        for client, share in step["shares"].items():
            assert self.sorter.share(client) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["id"] for scenario in SCENARIOS])
def test_a_scenario_of_the_sorter_comes_out_as_expected(scenario: dict[str, Any]) -> None:
    replay = SorterReplay(scenario.get("config", {}).get("fair_sharing_excluded", []))

    for number, step in enumerate(scenario["steps"]):
        try:
            replay.do(step)
        except AssertionError as error:
            raise AssertionError(f"step {number}, {step}: {error}") from error

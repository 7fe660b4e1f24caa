"""The policy against the naive one, step by step and offer for offer, with its promises watched."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from allocators.allocator import Allocator
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_replay import Replay, settings_of
from tests.support.naive_allocator import NaiveAllocator
from tests.support.watched_allocator import ALL_CAPABILITIES, WatchedAllocator

AGENTS = ("n1", "n2", "n3", "n4", "n5", "n6")
FRAMEWORKS = ("f1", "f2", "f3", "f4", "f5", "f6")
ROLES = ("a", "a/x", "a/y", "b", "c", "*")
TOP_LEVEL = ("a", "b", "c", "*")

small = st.integers(0, 4)
quantities = st.fixed_dictionaries({"cpus": small, "mem": small.map(lambda n: n * 100)})
scalars = st.fixed_dictionaries(
    {"cpus": st.sampled_from((0, 0.001, 1, 1, 2, 3)), "mem": st.sampled_from((0, 31, 100, 100, 200))},
    optional={"gpus": st.just(1), "ports": st.just([[1, 3]]), "disk": st.just(50)},
)
VOLUME = {"disk": 5, "@role": "a", "@disk": {"persistence": "v"}, "@shared": True}
reserved = st.builds(lambda part, role: {**part, "@role": role}, scalars, st.sampled_from(("a", "a/x", "b")))
revocable = st.just({"cpus": 2, "@revocable": True})
mount = st.just({"disk": 10, "@disk": {"source": {"type": "MOUNT"}}})
refined = st.just({"cpus": 1, "@reservations": [{"role": "a", "type": "static"}, {"role": "a/x"}]})
totals = st.builds(
    lambda plain, extra: [plain, *extra],
    scalars,
    st.lists(st.one_of(reserved, revocable, mount, refined, st.just(VOLUME)), max_size=2),
)
roles = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True)
capabilities: st.SearchStrategy[list[str]] = st.one_of(
    st.just(["MULTI_ROLE"]), st.just(list(ALL_CAPABILITIES)), st.just(list(ALL_CAPABILITIES)), st.just([])
)
seconds = st.sampled_from((None, None, 0, 1, 2, 3, -1))


def flag(step: dict[str, Any], name: str, *, value: Any) -> None:
    if value is not None:
        step[name] = value


def plain_cpus(resources: Resources) -> float:
    return resources.unreserved().non_revocable().cpus


class SameOffers(RuleBasedStateMachine):
    """Both allocators are told the same, and must say the same."""

    @initialize(
        seed=st.integers(0, 2**32),
        smallest=st.sampled_from(([], [], None)),
        agents=st.lists(totals, max_size=5),
        frameworks=st.lists(roles, max_size=4),
    )
    def begin(
        self, seed: int, *, smallest: list[Any] | None, agents: list[list[Any]], frameworks: list[list[str]]
    ) -> None:
        config: dict[str, Any] = {} if smallest is None else {"min_allocatable": smallest}
        made = settings_of(config, seed)
        self.fast = WatchedAllocator(made)
        self.naive = NaiveAllocator(made)
        self.replays = [Replay(self.fast, made), Replay(cast(Allocator, self.naive), made)]
        self.agents = dict(zip(AGENTS, agents, strict=False))
        self.frameworks = dict(zip(FRAMEWORKS, frameworks, strict=False))
        steps = [{"op": "add_agent", "id": name, "resources": total} for name, total in self.agents.items()]
        steps += [{"op": "add_framework", "id": name, "roles": taken} for name, taken in self.frameworks.items()]
        self.do(op="atomic", steps=steps)

    def do(self, **step: Any) -> None:
        first, second = self.replays
        for replay in self.replays:
            replay.do(step)
        assert list(first.offers.items()) == list(second.offers.items()), f"after {step}"
        first.offers, second.offers = {}, {}

    @rule(name=st.sampled_from(AGENTS), resources=totals, old=st.booleans(), hold=st.sampled_from(FRAMEWORKS))
    def add_agent(self, name: str, resources: list[Any], *, old: bool, hold: str) -> None:
        if name not in self.agents:
            self.agents[name] = resources
            capabilities: dict[str, Any] = {"capabilities": []} if old else {}
            used = {"used": {hold: {"a/x": {"cpus": 1}}}} if resources[0].get("cpus", 0) > 2 else {}
            self.do(op="add_agent", id=name, resources=resources, **capabilities, **used)

    @rule(data=st.data(), resources=totals)
    def update_agent(self, data: st.DataObject, resources: list[Any]) -> None:
        if self.agents:
            name = data.draw(st.sampled_from(sorted(self.agents)))
            self.do(op="update_agent", id=name, resources=[resources[0], *self.agents[name][1:]])

    @rule(data=st.data(), operation=st.sampled_from(("remove", "activate", "deactivate")))
    def change_agent(self, data: st.DataObject, operation: str) -> None:
        if self.agents:
            name = data.draw(st.sampled_from(sorted(self.agents)))
            if operation == "remove":
                del self.agents[name]
            self.do(op=f"{operation}_agent", id=name)

    @rule(
        name=st.sampled_from(FRAMEWORKS),
        roles=roles,
        capabilities=capabilities,
        suppressed=st.lists(st.sampled_from(ROLES), max_size=1),
        active=st.sampled_from((True, True, False)),
    )
    def set_framework(self, name: str, **said: Any) -> None:
        said["suppressed_roles"] = [role for role in said.pop("suppressed") if role in said["roles"]]
        if name in self.frameworks:
            self.do(op="update_framework", id=name, **said)
        else:
            self.frameworks[name] = said["roles"]
            self.do(op="add_framework", id=name, **said)

    @rule(data=st.data(), operation=st.sampled_from(("remove", "activate", "deactivate", "deactivate")))
    def change_framework(self, data: st.DataObject, operation: str) -> None:
        if self.frameworks:
            name = data.draw(st.sampled_from(sorted(self.frameworks)))
            if operation == "remove":
                del self.frameworks[name]
            self.do(op=f"{operation}_framework", id=name)

    @rule(data=st.data(), operation=st.sampled_from(("suppress", "revive")), roles=st.none() | roles)
    def suppress_or_revive(self, data: st.DataObject, operation: str, roles: list[str] | None) -> None:
        if self.frameworks:
            name = data.draw(st.sampled_from(sorted(self.frameworks)))
            self.do(op=operation, framework=name, roles=roles or [])

    @rule(role=st.sampled_from(TOP_LEVEL), guarantees=quantities, more=st.none() | quantities)
    def update_quota(self, role: str, guarantees: dict[str, int], more: dict[str, int] | None) -> None:
        limits = {} if more is None else {name: guarantees[name] + more[name] for name in guarantees}
        self.do(op="update_quota", role=role, guarantees=guarantees, limits=limits)

    @rule(role=st.sampled_from(TOP_LEVEL))
    def remove_quota(self, role: str) -> None:
        self.do(op="update_quota", role=role, guarantees={}, limits={})

    @rule(role=st.sampled_from(ROLES), weight=st.sampled_from((0.5, 1, 2, 3)))
    def update_weights(self, role: str, weight: float) -> None:
        self.do(op="update_weights", weights={role: weight})

    @rule(hosts=st.none() | st.lists(st.sampled_from(AGENTS), min_size=3, unique=True))
    def update_whitelist(self, hosts: list[str] | None) -> None:
        self.do(op="update_whitelist", hosts=hosts)

    @precondition(lambda self: self.replays[0].open)
    @rule(data=st.data(), part=st.sampled_from(("all", "all", {"cpus": 1})), filter_seconds=seconds)
    def recover(self, data: st.DataObject, part: Any, filter_seconds: float | None) -> None:
        framework, role, agent = data.draw(st.sampled_from(sorted(self.replays[0].open)))
        if part != "all" and plain_cpus(self.replays[0].open[framework, role, agent]) < 1:
            part = "all"
        step = {"op": "recover", "framework": framework, "role": role, "agent": agent, "resources": part}
        flag(step, "filter_seconds", value=filter_seconds)
        self.do(**step)

    @rule(filter_seconds=seconds)
    def recover_all(self, filter_seconds: float | None) -> None:
        step: dict[str, Any] = {"op": "recover_all"}
        flag(step, "filter_seconds", value=filter_seconds)
        self.do(**step)

    @rule(ends=st.sampled_from((0.5, 1, 1, 2, 6)))
    def advance_clock(self, ends: float) -> None:
        self.do(op="advance_clock", seconds=ends)

    @rule(operation=st.sampled_from(("pause", "resume", "resume")))
    def pause_or_resume(self, operation: str) -> None:
        self.do(op=operation)

    @precondition(lambda self: self.agents)
    @rule(data=st.data(), role=st.sampled_from(("a", "b")))
    def reserve_by_operator(self, data: st.DataObject, role: str) -> None:
        agent = data.draw(st.sampled_from(sorted(self.agents)))
        if plain_cpus(self.naive.agents[AgentId(agent)].free) >= 1:
            conversion = {"from": {"cpus": 1}, "to": [{"cpus": 1, "@reservations": [{"role": role}]}]}
            self.do(op="update_available", agent=agent, conversions=[conversion])

    @precondition(lambda self: self.replays[0].open)
    @rule(data=st.data())
    def reserve_on_an_offer(self, data: st.DataObject) -> None:
        framework, role, agent = data.draw(st.sampled_from(sorted(self.replays[0].open)))
        has_some = min(map(plain_cpus, (self.replays[0].open[framework, role, agent], self.naive.agents[agent].total)))
        if role != "*" and has_some >= 1:  # Nobody reserves what an agent that shrank does not have.
            conversion = {"from": {"cpus": 1}, "to": [{"cpus": 1, "@reservations": [{"role": role}]}]}
            place = {"framework": framework, "role": role, "agent": agent}
            self.do(op="update_allocation", **place, conversions=[conversion])

    @precondition(lambda self: self.replays[0].open)
    @rule(data=st.data())
    def launch_and_finish(self, data: st.DataObject) -> None:
        framework, role, agent = data.draw(st.sampled_from(sorted(self.replays[0].open)))
        if plain_cpus(self.replays[0].open[framework, role, agent]) >= 1:
            place = {"framework": framework, "role": role, "agent": agent, "resources": {"cpus": 1}}
            self.do(op="accept", **place)
            self.do(op="advance_clock", seconds=1)
            if agent in self.agents and framework in self.frameworks:
                self.do(op="recover", **place, allocated=True)

    @invariant()
    def orders_are_the_same(self) -> None:
        if not hasattr(self, "fast"):
            return
        sorters = self.fast.books.framework_sorters
        assert self.fast.books.role_sorter.sort() == self.naive.role_order()
        assert sorted(sorters) == sorted(self.naive.tracked)
        for role, sorter in sorters.items():
            assert sorter.sort() == self.naive.framework_order(role), f"frameworks of {role}"


TestSameOffers = SameOffers.TestCase
TestSameOffers.settings = settings(max_examples=60, stateful_step_count=30)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_offers_are_the_same_over_as_many_histories_as_take_some_minutes() -> None:
    run_state_machine_as_test(SameOffers, settings=settings(max_examples=3_000, stateful_step_count=60))

"""Random histories of an allocator: a hypothesis machine whose rules are all operations, with small numbers.

Every step is told to a first allocator and, if there is one, to a twin: another implementation, or the same one told
something that must make no difference. After every step both must have made the same offers, up to `of_twin`.
Subclasses say what is made, how the twin is told, and what must hold.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.account import Cell
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_replay import Replay, settings_of

AGENTS: Final = ("n1", "n2", "n3", "n4", "n5", "n6")
FRAMEWORKS: Final = ("f1", "f2", "f3", "f4", "f5", "f6")
ROLES: Final = ("a", "a/x", "a/y", "b", "c", "*")
TOP_LEVEL: Final = ("a", "b", "c", "*")
ALL_CAPABILITIES: Final = [each.value for each in Capability]
EXAMPLES: Final = 20  # Of each property by itself; the comparison with the naive allocator has more, and the long run.
STEPS: Final = 25

small = st.integers(0, 4)
quantities = st.fixed_dictionaries({"cpus": small, "mem": small.map(lambda n: n * 100)})
scalars = st.fixed_dictionaries(
    {"cpus": st.sampled_from((0, 0.001, 1, 1, 2, 3)), "mem": st.sampled_from((0, 31, 100, 100, 200))},
    optional={"gpus": st.just(1), "ports": st.just([[1, 3]]), "disk": st.just(50)},
)
VOLUME: Final = {"disk": 5, "@role": "a", "@disk": {"persistence": "v"}, "@shared": True}
reserved = st.builds(lambda part, role: {**part, "@role": role}, scalars, st.sampled_from(("a", "a/x", "b")))
revocable = st.just({"cpus": 2, "@revocable": True})
mount = st.just({"disk": 10, "@disk": {"source": {"type": "MOUNT"}}})
refined = st.just({"cpus": 1, "@reservations": [{"role": "a", "type": "static"}, {"role": "a/x"}]})
totals = st.builds(
    lambda plain, extra: [plain, *extra],
    scalars,
    st.lists(st.one_of(reserved, revocable, mount, refined, st.just(VOLUME)), max_size=2),
)
roles_taken = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True)
capabilities: st.SearchStrategy[list[str]] = st.one_of(
    st.just(["MULTI_ROLE"]), st.just(list(ALL_CAPABILITIES)), st.just(list(ALL_CAPABILITIES)), st.just([])
)
seconds = st.sampled_from((None, None, 0, 1, 2, 3, -1))

Step = dict[str, Any]


def plain_cpus(resources: Resources) -> float:
    return resources.unreserved().non_revocable().cpus


class Histories(RuleBasedStateMachine):
    """A history of one allocator, or of two that must not differ."""

    def make(self, made: AllocatorSettings) -> HierarchicalAllocator:
        """The first allocator."""
        return HierarchicalAllocator(made)

    def make_twin(self, made: AllocatorSettings) -> Allocator | None:
        """The second one."""
        return None

    def for_twin(self, step: Step) -> Step:
        """How the twin is told of a step."""
        return step

    def of_twin(self, cell: Cell, resources: Resources) -> tuple[Cell, Resources]:
        """What the twin offers when the first allocator offers this."""
        return cell, resources

    def begun(self) -> None:
        """Before the first step."""

    @initialize(
        seed=st.integers(0, 2**32),
        smallest=st.sampled_from(([], [], None)),
        agents=st.lists(totals, max_size=5),
        frameworks=st.lists(roles_taken, max_size=4),
    )
    def begin(
        self, seed: int, *, smallest: list[Any] | None, agents: list[list[Any]], frameworks: list[list[str]]
    ) -> None:
        config: Step = {} if smallest is None else {"min_allocatable": smallest}
        made = self.made = settings_of(config, seed)
        self.first = self.make(made)
        self.replay = Replay(self.first, made)
        twin = self.make_twin(made)
        self.twin = None if twin is None else Replay(twin, made)
        self.begun()
        self.agents = dict(zip(AGENTS, agents, strict=False))
        self.frameworks = dict(zip(FRAMEWORKS, frameworks, strict=False))
        steps: list[Step] = [{"op": "add_agent", "id": name, "resources": total} for name, total in self.agents.items()]
        steps += [{"op": "add_framework", "id": name, "roles": taken} for name, taken in self.frameworks.items()]
        self.do(op="atomic", steps=steps)

    def do(self, **step: Any) -> None:
        """One step, told to both."""
        self.replay.do(step)
        if self.twin is not None:
            self.twin.do(self.for_twin(step))
        self.compare(step)

    def compare(self, step: Step) -> None:
        """Both have offered the same since the last look."""
        offers, self.replay.offers = self.replay.offers, {}
        if self.twin is not None:
            twins, self.twin.offers = self.twin.offers, {}
            expected = [self.of_twin(cell, resources) for cell, resources in offers.items()]
            assert list(twins.items()) == expected, f"after {step}"

    def free_cpus(self, agent: str) -> float:
        """Plain cpus that an operator may reserve there."""
        return plain_cpus(self.first.books.agents[AgentId(agent)].free)

    # Agents.

    @rule(name=st.sampled_from(AGENTS), resources=totals, old=st.booleans(), hold=st.sampled_from(FRAMEWORKS))
    def add_agent(self, name: str, resources: list[Any], *, old: bool, hold: str) -> None:
        if name not in self.agents:
            self.agents[name] = resources
            capabilities: Step = {"capabilities": []} if old else {}
            used = {"used": {hold: {"a/x": {"cpus": 1}}}} if resources[0].get("cpus", 0) > 2 else {}
            self.do(op="add_agent", id=name, resources=resources, **capabilities, **used)

    @rule(data=st.data(), resources=totals, attributes=st.sampled_from((None, None, {"rack": "1"}, {"rack": "2"})))
    def update_agent(self, data: st.DataObject, *, resources: list[Any], attributes: Step | None) -> None:
        if self.agents:
            name = data.draw(st.sampled_from(sorted(self.agents)))
            changes: Step = {} if attributes is None else {"attributes": attributes}
            self.do(op="update_agent", id=name, resources=[resources[0], *self.agents[name][1:]], **changes)

    @rule(data=st.data(), operation=st.sampled_from(("remove", "activate", "deactivate")))
    def change_agent(self, data: st.DataObject, operation: str) -> None:
        if self.agents:
            name = data.draw(st.sampled_from(sorted(self.agents)))
            if operation == "remove":
                del self.agents[name]
            self.do(op=f"{operation}_agent", id=name)

    @rule(hosts=st.none() | st.lists(st.sampled_from(AGENTS), min_size=3, unique=True))
    def update_whitelist(self, hosts: list[str] | None) -> None:
        self.do(op="update_whitelist", hosts=hosts)

    # Frameworks.

    @rule(
        name=st.sampled_from(FRAMEWORKS),
        roles=roles_taken,
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

    @rule(data=st.data(), operation=st.sampled_from(("suppress", "revive")), roles=st.none() | roles_taken)
    def suppress_or_revive(self, data: st.DataObject, operation: str, roles: list[str] | None) -> None:
        if self.frameworks:
            name = data.draw(st.sampled_from(sorted(self.frameworks)))
            self.do(op=operation, framework=name, roles=roles or [])

    # Roles, life, time.

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

    @rule(ends=st.sampled_from((0.5, 1, 1, 2, 6)))
    def advance_clock(self, ends: float) -> None:
        self.do(op="advance_clock", seconds=ends)

    @rule(operation=st.sampled_from(("pause", "resume", "resume")))
    def pause_or_resume(self, operation: str) -> None:
        self.do(op=operation)

    # Resources.

    @precondition(lambda self: self.replay.open)
    @rule(data=st.data(), part=st.sampled_from(("all", "all", {"cpus": 1})), filter_seconds=seconds)
    def recover(self, data: st.DataObject, part: Any, filter_seconds: float | None) -> None:
        cell = self.draw_cell(data)
        if part != "all" and plain_cpus(self.replay.open[cell]) < 1:
            part = "all"
        self.do(op="recover", **place(cell), resources=part, **with_filter(filter_seconds))

    @rule(filter_seconds=seconds)
    def recover_all(self, filter_seconds: float | None) -> None:
        self.do(op="recover_all", **with_filter(filter_seconds))

    @precondition(lambda self: self.agents)
    @rule(data=st.data(), role=st.sampled_from(("a", "b")))
    def reserve_by_operator(self, data: st.DataObject, role: str) -> None:
        agent = data.draw(st.sampled_from(sorted(self.agents)))
        if self.free_cpus(agent) >= 1:
            self.do(op="update_available", agent=agent, conversions=[reserving(role)])

    @precondition(lambda self: self.replay.open)
    @rule(data=st.data())
    def reserve_on_an_offer(self, data: st.DataObject) -> None:
        cell = self.draw_cell(data)
        if self.may_reserve(cell):
            self.do(op="update_allocation", **place(cell), conversions=[reserving(cell[1])])

    @precondition(lambda self: self.replay.open)
    @rule(data=st.data())
    def launch_and_finish(self, data: st.DataObject) -> None:
        cell = self.draw_cell(data)
        if plain_cpus(self.replay.open[cell]) >= 1:
            self.do(op="accept", **place(cell), resources={"cpus": 1})
            self.do(op="advance_clock", seconds=1)
            if cell[2] in self.agents and cell[0] in self.frameworks:
                self.do(op="recover", **place(cell), resources={"cpus": 1}, allocated=True)

    def draw_cell(self, data: st.DataObject) -> Cell:
        """An open offer."""
        return data.draw(st.sampled_from(sorted(self.replay.open)))

    def may_reserve(self, cell: Cell) -> bool:
        """Nobody reserves for everybody, or what an agent that shrank does not have."""
        parts = (self.replay.open[cell], self.first.books.agents[cell[2]].total)
        return cell[1] != "*" and min(map(plain_cpus, parts)) >= 1


def place(cell: Cell) -> Step:
    return {"framework": cell[0], "role": cell[1], "agent": cell[2]}


def reserving(role: str) -> Step:
    return {"from": {"cpus": 1}, "to": [{"cpus": 1, "@reservations": [{"role": role}]}]}


def with_filter(filter_seconds: float | None) -> Step:
    return {} if filter_seconds is None else {"filter_seconds": filter_seconds}


def run_histories(make: type[Histories], *, examples: int = EXAMPLES, steps: int = STEPS) -> None:
    """Does it hold in every history that hypothesis tries?"""
    run_state_machine_as_test(make, settings=settings(max_examples=examples, stateful_step_count=steps))

"""Workloads of events as a master sends them: the allocator's actor decides when runs take place.

The actor runs on a simulated node, whose kernel is that of every node: bursts of events are queued before the run
that they ask for, and nothing waits for a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from allocators.allocator_process import AllocatorProcess
from allocators.policies.registry import DEFAULT_POLICY, make_allocator
from bench.allocator import definitions
from bench.allocator.cluster import (
    MULTI_ROLE,
    SETTINGS,
    agent_info,
    agent_of,
    as_read,
    framework_info,
    framework_of,
    in_turn,
    numbers,
    role_in,
)
from bench.allocator.definitions import DAY_NS, Size
from bench.allocator.stopwatch import Stopwatch
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.sim.simulation import Simulation, SimulationOptions
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation, ResourcesAllocated
from mesos_py.protocol.resources import Resources

IP: Final = "10.0.0.1"
OUT_OF_REACH_NS: Final = 1_000 * DAY_NS  # The batch timer stays out of it: only events ask for runs.
RUNS: Final = "allocator/mesos/allocation_runs"
REVOCABLE: Final = (Capability.MULTI_ROLE, Capability.REVOCABLE_RESOURCES)


class _Collector(Process):
    """Stands for the master: collects what is offered."""

    def __init__(self) -> None:
        super().__init__("collector")
        self.offers: list[Allocation] = []

    def resources_allocated(self, sender: PID, message: ResourcesAllocated) -> None:
        self.offers.extend(message.allocations)


class _Actor:
    """The allocator's actor on a node of its own. Every call is dispatched, as a master does it."""

    def __init__(self) -> None:
        self.simulation = Simulation(SETTINGS.seed, SimulationOptions(record=False))
        self.node = self.simulation.node(IP)
        self.policy = make_allocator(DEFAULT_POLICY, SETTINGS)
        self.pid = self.node.spawn(AllocatorProcess(self.policy, allocation_interval_ns=OUT_OF_REACH_NS))
        self.collector = _Collector()
        self.node.dispatch(self.pid, AllocatorProcess.subscribe, self.node.spawn(self.collector))
        self.simulation.settle()

    def all(self, post: Callable[[], object]) -> None:
        """Post the events, and wait until all of them and their runs are done."""
        post()
        self.simulation.settle()

    def runs(self) -> int:
        return self.node.metrics.counter(RUNS).value

    def add_frameworks(self, frameworks: Mapping[FrameworkId, FrameworkInfo]) -> None:
        for id, framework in frameworks.items():
            self.node.dispatch(
                self.pid,
                AllocatorProcess.add_framework,
                id,
                framework,
                used={},
                active=True,
                suppressed_roles=(),
            )

    def add_agents(self, agents: Mapping[AgentId, AgentInfo]) -> None:
        for id, agent in agents.items():
            self.node.dispatch(self.pid, AllocatorProcess.add_agent, id, agent, total=agent.resources, used={})

    def return_offers(self) -> None:
        offers, self.collector.offers = self.collector.offers, []
        for each in offers:
            self.node.dispatch(
                self.pid,
                AllocatorProcess.recover_resources,
                each.framework_id,
                each.agent_id,
                resources=each.resources,
            )

    def revive(self, size: Size) -> None:
        for number in numbers(size.frameworks):
            self.node.dispatch(self.pid, AllocatorProcess.revive_offers, framework_of(number), ())

    def remove_agents(self, size: Size) -> None:
        for number in numbers(size.agents):
            self.node.dispatch(self.pid, AllocatorProcess.remove_agent, agent_of(number))

    def remove_frameworks(self, size: Size) -> None:
        for number in numbers(size.frameworks):
            self.node.dispatch(self.pid, AllocatorProcess.remove_framework, framework_of(number))


def _frameworks(size: Size, capabilities: tuple[Capability, ...] = MULTI_ROLE) -> dict[FrameworkId, FrameworkInfo]:
    """Made before they are posted: what it takes to make them is not the allocator's."""
    return {
        framework_of(number): framework_info(number, role_in(size.variant, number), capabilities=capabilities)
        for number in numbers(size.frameworks)
    }


def _agents(size: Size, machine: Resources) -> dict[AgentId, AgentInfo]:
    return {agent_of(number): agent_info(number, as_read(machine)) for number in numbers(size.agents)}


def events(size: Size, watch: Stopwatch) -> None:
    """Frameworks come, agents come, all offers are returned, all frameworks revive, everybody goes."""
    actor = _Actor()
    frameworks, agents = _frameworks(size), _agents(size, definitions.MACHINE)

    def phase(name: str, post: Callable[[], object]) -> None:
        watch.phase(name, partial(actor.all, post))

    phase("event_add_frameworks", partial(actor.add_frameworks, frameworks))
    phase("event_add_agents", partial(actor.add_agents, agents))
    assert len(actor.collector.offers) == size.agents, "every agent was offered"
    phase("event_return_offers", actor.return_offers)
    phase("revive", partial(actor.revive, size))
    assert len(actor.collector.offers) == size.agents, "every agent was offered again"
    phase("event_remove_agents", partial(actor.remove_agents, size))
    phase("event_remove_frameworks", partial(actor.remove_frameworks, size))


def backlog(size: Size, watch: Stopwatch) -> None:
    """Every framework revives, and nothing is free."""
    actor = _Actor()
    frameworks, agents = _frameworks(size), _agents(size, definitions.MACHINE)
    watch.phase("backlog_add_frameworks", partial(actor.all, partial(actor.add_frameworks, frameworks)))
    watch.phase("backlog_add_agents", partial(actor.all, partial(actor.add_agents, agents)))
    before = actor.runs()
    watch.phase("backlog_revive", partial(actor.all, partial(actor.revive, size)))
    watch.count("backlog_runs", actor.runs() - before)
    assert actor.runs() - before <= 1 + size.frameworks // 10, "one run serves many who ask for it"


def add_and_update(size: Size, watch: Stopwatch) -> None:
    """Frameworks come, agents in use come, then each agent has ten revocable cpus more."""
    actor = _Actor()
    agents = _agents(size, definitions.UPDATED_MACHINE)
    updated = _agents(size, definitions.UPDATED_MACHINE + definitions.OVERSUBSCRIBED)
    users = [in_turn(number, size.frameworks) for number in numbers(size.agents)]
    used = [as_read(definitions.UPDATED_IN_USE).allocate(role_in(size.variant, user)) for user in users]

    def add_agents() -> None:
        for (id, agent), user, resources in zip(agents.items(), users, used, strict=True):
            held = {framework_of(user): resources}
            actor.node.dispatch(actor.pid, AllocatorProcess.add_agent, id, agent, total=agent.resources, used=held)

    def update_agents() -> None:
        for id, agent in updated.items():
            actor.node.dispatch(actor.pid, AllocatorProcess.update_agent, id, agent, total=agent.resources)

    post_frameworks = partial(actor.add_frameworks, _frameworks(size, REVOCABLE))
    watch.phase("update_add_frameworks", partial(actor.all, post_frameworks))
    watch.phase("update_add_agents", partial(actor.all, add_agents))
    watch.phase("update_agents", partial(actor.all, update_agents))
    assert len(actor.collector.offers) == 2 * size.agents, "what came to each agent was offered, too"

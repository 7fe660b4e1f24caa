"""The actor around a policy, in the simulation: which events start a run, over what, and how often."""

from __future__ import annotations

import pytest

from allocators.allocator import Allocator, AllocatorSettings
from allocators.allocator_process import AllocatorProcess
from allocators.hierarchical.allocator import HierarchicalAllocator
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.sim.simulation import Simulation
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.messages.master_allocator import Allocation, InverseOffersDue, ResourcesAllocated
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import A_MACHINE, SECOND, a_framework, an_agent

F1, N1, N2 = FrameworkId("f1"), AgentId("n1"), AgentId("n2")


class Subscriber(Process):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__("subscriber")
        self.allocations: list[Allocation] = []
        self.messages = 0
        self.inverse: list[AgentId] = []

    def allocated(self, sender: PID, message: ResourcesAllocated) -> None:
        self.messages += 1
        self.allocations.extend(message.allocations)

    def inverse_offers_due(self, sender: PID, message: InverseOffersDue) -> None:
        self.inverse.extend(each.agent_id for each in message.inverse_allocations)


class Cluster:
    """A subscriber and an allocator on one node."""

    def __init__(self) -> None:
        self.simulation = Simulation(seed=1)
        self.node = self.simulation.node("10.0.0.1")
        self.subscriber = Subscriber()
        self.policy: Allocator = HierarchicalAllocator(AllocatorSettings())
        process = AllocatorProcess(self.policy, allocation_interval_ns=SECOND)
        self.allocator = self.node.spawn(process)
        subscriber = self.node.spawn(self.subscriber)
        self.node.dispatch(self.allocator, AllocatorProcess.subscribe, subscriber)
        self.simulation.settle()

    def add_framework(self, framework_id: FrameworkId = F1, *, active: bool = True) -> None:
        self.node.dispatch(
            self.allocator,
            AllocatorProcess.add_framework,
            framework_id,
            a_framework(),
            used={},
            active=active,
            suppressed_roles=(),
        )

    def add_agent(self, agent_id: AgentId = N1) -> None:
        self.node.dispatch(
            self.allocator, AllocatorProcess.add_agent, agent_id, an_agent(agent_id), total=A_MACHINE, used={}
        )

    def give_back(self, refuse_ns: int | None = None) -> None:
        for each in self.subscriber.allocations:
            self.node.dispatch(
                self.allocator,
                AllocatorProcess.recover_resources,
                each.framework_id,
                each.agent_id,
                resources=each.resources,
                refuse_ns=refuse_ns,
            )
        self.forget()

    def forget(self) -> None:
        self.simulation.settle()
        self.subscriber.allocations, self.subscriber.messages = [], 0

    def offered(self) -> list[str]:
        """The agents that were offered, in order."""
        self.simulation.settle()
        return [each.agent_id for each in self.subscriber.allocations]

    def runs(self) -> int:
        return self.node.metrics.counter("allocator/mesos/allocation_runs").value


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_a_burst_of_events_costs_one_run_and_one_message(cluster: Cluster) -> None:
    cluster.add_framework()
    for number in range(10):
        cluster.add_agent(AgentId(f"n{number}"))

    assert len(cluster.offered()) == 10
    assert cluster.subscriber.messages == 1
    assert cluster.runs() == 1


def test_a_run_that_offers_nothing_sends_nothing(cluster: Cluster) -> None:
    cluster.add_agent()

    assert cluster.offered() == []
    assert cluster.runs() == 1
    assert cluster.subscriber.messages == 0


def test_returned_resources_wait_for_the_batch_run(cluster: Cluster) -> None:
    cluster.add_framework()
    cluster.add_agent()
    cluster.simulation.settle()
    cluster.give_back()
    at_once = cluster.offered()

    cluster.simulation.advance(SECOND)

    assert at_once == []
    assert cluster.offered() == ["n1"]


def test_a_batch_run_comes_every_interval(cluster: Cluster) -> None:
    cluster.simulation.advance(5 * SECOND)

    assert cluster.runs() == 5


def test_an_active_framework_starts_a_run_over_all_agents(cluster: Cluster) -> None:
    cluster.add_agent(N1)
    cluster.add_agent(N2)
    without = cluster.offered()

    cluster.add_framework()

    assert without == []
    assert sorted(cluster.offered()) == ["n1", "n2"]


def test_an_inactive_framework_starts_no_run_until_it_is_activated(cluster: Cluster) -> None:
    cluster.add_agent()
    cluster.simulation.settle()
    cluster.add_framework(active=False)
    inactive = cluster.offered()

    cluster.node.dispatch(cluster.allocator, AllocatorProcess.activate_framework, F1)

    assert inactive == []
    assert cluster.runs() == 1
    assert cluster.offered() == ["n1"]


def test_reviving_starts_a_run_over_all_agents(cluster: Cluster) -> None:
    cluster.add_framework()
    cluster.add_agent(N1)
    cluster.add_agent(N2)
    cluster.simulation.settle()
    cluster.give_back(refuse_ns=100 * SECOND)

    cluster.node.dispatch(cluster.allocator, AllocatorProcess.revive_offers, F1, ())

    assert sorted(cluster.offered()) == ["n1", "n2"]


def test_only_a_real_change_of_an_agent_starts_a_run_and_only_over_it(cluster: Cluster) -> None:
    cluster.add_framework()
    cluster.add_agent(N1)
    cluster.add_agent(N2)
    cluster.simulation.settle()
    cluster.give_back()
    runs = cluster.runs()
    more = A_MACHINE + Resources.of(cpus=1)
    update = AllocatorProcess.update_agent

    same = cluster.node.dispatch(cluster.allocator, update, N1, an_agent("n1"), total=A_MACHINE)
    after_same = cluster.offered()
    changed = cluster.node.dispatch(cluster.allocator, update, N1, an_agent("n1", more), total=more)

    assert after_same == []
    assert cluster.offered() == ["n1"]
    assert cluster.runs() == runs + 1
    assert (same.get(), changed.get()) == (False, True)


def test_requests_made_while_paused_are_not_remembered(cluster: Cluster) -> None:
    cluster.node.dispatch(cluster.allocator, AllocatorProcess.pause)
    cluster.add_framework()
    cluster.add_agent()
    cluster.node.dispatch(cluster.allocator, AllocatorProcess.resume)
    resumed = cluster.offered()

    cluster.simulation.advance(SECOND)

    assert resumed == []
    assert cluster.offered() == ["n1"]


def test_a_refusal_of_less_than_an_interval_covers_the_next_batch_run(cluster: Cluster) -> None:
    cluster.add_framework()
    cluster.add_agent()
    cluster.simulation.settle()
    cluster.give_back(refuse_ns=1)

    cluster.simulation.advance(SECOND)
    first = cluster.offered()
    cluster.simulation.advance(SECOND)

    assert first == []
    assert cluster.offered() == ["n1"]


def test_maintenance_asks_the_frameworks_that_hold_something_there(cluster: Cluster) -> None:
    cluster.add_framework()
    cluster.add_agent()
    cluster.simulation.settle()
    tell = cluster.node.dispatch

    tell(cluster.allocator, AllocatorProcess.update_unavailability, N1, Unavailability(start_ns=0))
    cluster.simulation.settle()
    tell(
        cluster.allocator,
        AllocatorProcess.update_inverse_offer,
        F1,
        N1,
        status=InverseOfferStatus.DECLINE,
        refuse_ns=2 * SECOND,
    )
    cluster.simulation.advance(SECOND)
    asked_once = list(cluster.subscriber.inverse)
    cluster.simulation.advance(SECOND)

    assert asked_once == ["n1"]
    assert cluster.subscriber.inverse == ["n1", "n1"]


def test_after_a_failover_with_quotas_nothing_is_offered_until_the_time_is_up(cluster: Cluster) -> None:
    quota = Quota(guarantees=Quantities.of(cpus=1))
    cluster.node.dispatch(cluster.allocator, AllocatorProcess.recover, 10, {"q": quota})
    cluster.add_framework()
    cluster.add_agent()
    cluster.simulation.advance(599 * SECOND)
    waiting = cluster.offered()

    cluster.simulation.advance(SECOND)

    assert waiting == []
    assert cluster.offered() == ["n1"]


def test_nothing_runs_before_somebody_subscribes() -> None:
    node = Simulation(seed=1).node("10.0.0.1")
    allocator = node.spawn(AllocatorProcess(HierarchicalAllocator(AllocatorSettings()), allocation_interval_ns=SECOND))

    node.dispatch(allocator, AllocatorProcess.add_agent, N1, an_agent(), total=A_MACHINE, used={})

    assert node.metrics.counter("allocator/mesos/allocation_runs").value == 0


def test_runs_are_timed_and_calls_that_wait_are_counted(cluster: Cluster) -> None:
    waiting = []
    cluster.add_framework()
    cluster.add_agent(N1)
    cluster.simulation.settle()
    cluster.add_agent(N2)
    waiting.append(cluster.node.metrics.gauges()["allocator/mesos/event_queue_dispatches"]())
    cluster.simulation.settle()
    waiting.append(cluster.node.metrics.gauges()["allocator/mesos/event_queue_dispatches"]())

    timings = cluster.node.metrics.timings()

    assert waiting == [1.0, 0.0]
    assert timings["allocator/mesos/allocation_run_ms/count"] == 2
    assert timings["allocator/mesos/allocation_run_latency_ms/p99"] == 0.0


def test_its_metrics_go_with_it_but_for_the_count_of_runs(cluster: Cluster) -> None:
    cluster.add_framework()
    cluster.simulation.settle()
    metrics = cluster.node.metrics
    assert "allocator/mesos/roles/*/shares/dominant" in metrics.gauges()

    cluster.node.terminate(cluster.allocator)
    cluster.simulation.settle()

    left = [*metrics.gauges(), *metrics.timings(), *metrics.counters()]
    assert [name for name in left if name.startswith("allocator/")] == ["allocator/mesos/allocation_runs"]

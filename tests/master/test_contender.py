"""Leadership (HA-01, HA-12): of a master that is alone, and of one that has to wait for it and loses it."""

from __future__ import annotations

import pytest

from allocators.allocator import AllocatorSettings
from allocators.allocator_process import AllocatorProcess
from allocators.policies.registry import DEFAULT_POLICY, make_allocator
from libprocess_py.future import Future, Promise
from libprocess_py.http.request import Request
from libprocess_py.sim.simulation import Simulation
from master.contender import StandaloneContender
from master.core.settings import MasterSettings
from master.master import Master
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.messages.master_framework import FrameworkSubscribed
from tests.master.builders import SECOND, some_settings
from tests.master.simulated_cluster import Scheduler


def test_a_standalone_master_leads_at_once_and_for_ever() -> None:
    leading = StandaloneContender().contend(some_settings().master)

    assert leading.is_ready
    assert leading.get().is_pending


class SlowContender:
    """Lets a test say when."""

    def __init__(self) -> None:
        self.elected: Promise[Future[None]] = Promise()
        self.lost: Promise[None] = Promise()

    def contend(self, master: MasterInfo) -> Future[Future[None]]:
        return self.elected


class Candidates:
    """One candidate, and a scheduler that takes it for the leader."""

    def __init__(self) -> None:
        self.simulation = Simulation(1)
        self.node = self.simulation.node("10.0.0.1")
        self.contender = SlowContender()
        policy = make_allocator(DEFAULT_POLICY, AllocatorSettings())
        allocator = self.node.spawn(AllocatorProcess(policy, allocation_interval_ns=SECOND))

        def settings_of(info: MasterInfo, now: int) -> MasterSettings:
            return MasterSettings(master=info, started_ns=now)

        self.pid = self.node.spawn(Master(allocator, settings_of, contender=self.contender))
        self.gone = self.node.wait(self.pid)
        self.scheduler = Scheduler("scheduler(1)", self.pid)
        self.simulation.node("10.0.0.2").spawn(self.scheduler)

    def subscribe(self) -> list[FrameworkSubscribed]:
        self.scheduler.node.dispatch(self.scheduler.pid, Scheduler.subscribe)
        self.simulation.advance(SECOND)
        return self.scheduler.of(FrameworkSubscribed)

    def http(self, path: str) -> int:
        """The status of the answer."""
        answer = self.node.request(Request.of("GET", f"/master{path}", headers={}, body=b"", peer="10.0.0.9"))
        self.simulation.settle()
        return answer.get().status


def test_a_master_that_is_not_elected_serves_nobody() -> None:
    candidates = Candidates()

    assert candidates.subscribe() == []
    assert candidates.node.metrics.counters()["libprocess/protocol_errors"] == 1


def test_a_master_that_is_not_elected_is_healthy_and_knows_no_leader() -> None:
    candidates = Candidates()

    assert [candidates.http(path) for path in ("/health", "/flags", "/version")] == [200, 200, 200]
    assert [candidates.http(path) for path in ("/redirect", "/state", "/slaves", "/tasks")] == [503, 503, 503, 503]

    candidates.contender.elected.set(candidates.contender.lost)
    candidates.simulation.settle()

    assert [candidates.http(path) for path in ("/health", "/redirect", "/state")] == [200, 307, 200]


def test_a_master_that_is_not_elected_may_end() -> None:
    candidates = Candidates()

    candidates.node.terminate(candidates.pid)
    candidates.simulation.settle()

    assert candidates.gone.get()


def test_a_master_serves_from_its_election_on() -> None:
    candidates = Candidates()
    candidates.simulation.advance(5 * SECOND)

    candidates.contender.elected.set(candidates.contender.lost)

    assert len(candidates.subscribe()) == 1
    assert candidates.node.metrics.gauges()["master/uptime_secs"]() == 1


@pytest.mark.parametrize("how", ["lost", "never elected", "nobody knows"])
def test_a_master_that_does_not_lead_any_more_ends(how: str) -> None:
    candidates = Candidates()
    if how == "never elected":
        candidates.contender.elected.fail("no session")
    else:
        candidates.contender.elected.set(candidates.contender.lost)
        candidates.simulation.settle()
        if how == "lost":
            candidates.contender.lost.set(None)
        else:
            candidates.contender.lost.abandon()

    candidates.simulation.settle()

    assert candidates.gone.get()

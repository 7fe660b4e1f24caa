"""Random faults: whatever breaks and is mended, the work gets done and the books agree."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.task import TaskState
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.faults import (
    FAILOVER_TIMEOUT_NS,
    LENGTH_S_MAX,
    ON_FRAMEWORKS,
    Fault,
    FaultKind,
    Injector,
    draw_faults,
)
from mesos_py.simulation.workload import BatchScheduler, draw_jobs
from tests.simulation.probe import CHECKED, HOUR, MINUTE, SECOND, SIZE, a_framework, batch

AGENTS, FRAMEWORKS, TASKS = 3, 2, 20
HORIZON_S = 400

faults = st.builds(
    lambda kind, target, at_s, length_s: Fault(kind, target, at_s * SECOND, length_s * SECOND),
    kind=st.sampled_from(FaultKind),
    target=st.integers(0, FRAMEWORKS - 1),  # Fits agents, too.
    at_s=st.integers(0, HORIZON_S),
    length_s=st.integers(1, LENGTH_S_MAX),
)


def run(seed: int, schedule: tuple[Fault, ...]) -> None:
    """A small cluster, checked at every instant, does its work through the schedule; then everybody agrees."""
    cluster = Cluster(seed, AGENTS, options=CHECKED)
    batches = []
    for number in range(FRAMEWORKS):
        drawn = draw_jobs(cluster.simulation.random(f"jobs/{number}"), TASKS // FRAMEWORKS, size=SIZE)
        capabilities = (Capability.PARTITION_AWARE,) if number % 2 else ()
        work = BatchScheduler(drawn)
        info = a_framework(*capabilities, failover_timeout_ns=FAILOVER_TIMEOUT_NS, checkpoint=bool(seed % 2))
        cluster.add_framework(work, info)
        batches.append(work)

    finished = Injector(cluster).play(schedule, lambda: all(work.is_finished for work in batches), limit_ns=2 * HOUR)
    cluster.advance(20 * MINUTE)

    assert finished
    cluster.check_quiet()
    assert not any(framework.tasks for framework in cluster.master.books.frameworks.values())
    assert all(agent.is_up and not agent.books.containers for agent in cluster.agents)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), schedule=st.lists(faults, max_size=6))
def test_everything_finishes_whatever_breaks_and_is_mended(seed: int, schedule: list[Fault]) -> None:
    run(seed, tuple(schedule))


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=300)
@given(seed=st.integers(0, 2**32), schedule=st.lists(faults, max_size=12))
def test_everything_finishes_in_many_more_runs(seed: int, schedule: list[Fault]) -> None:
    run(seed, tuple(schedule))


@pytest.mark.parametrize("kind", FaultKind)
def test_each_kind_of_fault_is_survived(kind: FaultKind) -> None:
    run(1, (Fault(kind, 0, 20 * SECOND, 100 * SECOND),))


def test_a_host_that_is_hit_already_is_left_alone() -> None:
    cluster = Cluster(seed=1, agents=1, options=CHECKED)
    injector = Injector(cluster)
    schedule = (
        Fault(FaultKind.CRASH_AGENT, 0, 10 * SECOND, 50 * SECOND),
        Fault(FaultKind.CRASH_AGENT, 0, 20 * SECOND, 5 * SECOND),
    )

    injector.play(schedule, lambda: False, limit_ns=30 * SECOND)

    assert injector.carried_out == 1
    assert cluster.agents[0].is_up


def test_what_is_broken_when_the_work_is_done_is_mended() -> None:
    cluster, work = Cluster(seed=1, agents=2, options=CHECKED), batch(2, 10 * SECOND)
    cluster.add_framework(work)
    schedule = (Fault(FaultKind.CRASH_MASTER, 0, 0, 10 * SECOND), Fault(FaultKind.CRASH_AGENT, 1, 15 * SECOND, HOUR))

    assert Injector(cluster).play(schedule, lambda: work.is_finished, limit_ns=2 * HOUR)

    assert cluster.agents[1].is_up
    assert cluster.now - cluster.options.simulation.start_ns < HOUR


def test_schedules_are_drawn_from_the_seed_and_stay_within_bounds() -> None:
    first, second = (
        draw_faults(Random(3), 50, agents=AGENTS, frameworks=FRAMEWORKS, horizon_ns=MINUTE) for _ in range(2)
    )

    assert first == second
    for fault in first:
        assert 0 <= fault.at_ns < MINUTE
        assert SECOND <= fault.length_ns <= LENGTH_S_MAX * SECOND
        assert fault.target < (FRAMEWORKS if fault.kind in ON_FRAMEWORKS else AGENTS)


def test_a_fault_reads_as_a_line() -> None:
    assert str(Fault(FaultKind.PART_AGENT, 2, 5 * SECOND, 7 * SECOND)) == "5s part agent 2 for 7s"


def test_no_attempt_is_lost_without_faults() -> None:
    cluster, work = Cluster(seed=2, agents=2, options=CHECKED), batch(30, 10 * SECOND)
    cluster.add_framework(work)

    Injector(cluster).play((), lambda: work.is_finished, limit_ns=HOUR)

    assert work.heard == {TaskState.FINISHED: 30}

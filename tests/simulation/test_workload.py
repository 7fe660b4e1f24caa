"""A batch gets its jobs done, asks for no more than it needs, and gives up on no job."""

from __future__ import annotations

from random import Random

from master.flags import MasterFlags
from mesos_py.protocol.task import Source, TaskState, TaskStatus
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.options import ClusterOptions
from mesos_py.simulation.workload import BatchScheduler, Job, JobSize, draw_jobs
from tests.simulation.probe import CHECKED, HOUR, MINUTE, ONE, SECOND, batch, finish


def test_jobs_are_drawn_from_the_seed_between_their_bounds() -> None:
    size = JobSize(ONE, shortest_ns=3 * SECOND, longest_ns=5 * SECOND)
    first, second, other = (draw_jobs(Random(seed), 100, size=size) for seed in (1, 1, 2))

    assert first == second
    assert first != other
    assert all(3 * SECOND <= job.duration_ns <= 5 * SECOND for job in first)
    assert len({job.name for job in first}) == 100


def test_every_job_runs_for_as_long_as_it_takes() -> None:
    cluster, work = Cluster(seed=1, agents=1, options=CHECKED), BatchScheduler((Job("long", ONE, 90 * SECOND),))
    cluster.add_framework(work)
    assert cluster.run_until(lambda: work.attempts, limit_ns=MINUTE)
    began = cluster.now

    finish(cluster, work)

    assert cluster.now - began >= 90 * SECOND


def test_an_offer_is_filled_and_no_more_than_filled() -> None:
    cluster, work = Cluster(seed=1, agents=1, options=CHECKED), batch(9, HOUR)
    cluster.add_framework(work)

    cluster.advance(MINUTE)

    assert len(work.attempts) == 4  # An agent has four cpus.
    cluster.check_quiet()


def status(task: str, state: TaskState) -> TaskStatus:
    return TaskStatus(task_id=task, state=state, source=Source.MASTER, timestamp_ns=0)  # type: ignore[arg-type]  # A name.


def a_running_attempt() -> tuple[Cluster, BatchScheduler]:
    cluster, work = Cluster(seed=1, agents=1, options=CHECKED), batch(1, HOUR)
    cluster.add_framework(work)
    assert cluster.run_until(lambda: TaskState.RUNNING in work.states.values(), limit_ns=MINUTE)
    return cluster, work


def test_an_attempt_that_comes_back_after_it_was_given_up_is_killed_and_the_new_one_counts() -> None:
    cluster, work = a_running_attempt()
    driver = cluster.frameworks[0].driver

    work.status_update(driver, status("job-0.1", TaskState.UNREACHABLE))
    cluster.advance(MINUTE)
    work.status_update(driver, status("job-0.1", TaskState.RUNNING))
    cluster.advance(MINUTE)

    assert list(work.attempts) == ["job-0.2"]
    cluster.check_quiet()


def test_an_attempt_that_finished_after_it_was_given_up_ends_the_job_and_the_new_attempt() -> None:
    cluster, work = a_running_attempt()
    driver = cluster.frameworks[0].driver

    work.status_update(driver, status("job-0.1", TaskState.UNREACHABLE))
    cluster.advance(MINUTE)
    assert list(work.attempts) == ["job-0.2"]
    work.status_update(driver, status("job-0.1", TaskState.FINISHED))
    cluster.advance(MINUTE)

    assert work.is_finished
    assert not work.attempts


def test_a_job_that_waits_for_its_next_attempt_is_done_when_an_earlier_one_turns_out_finished() -> None:
    cluster, work = a_running_attempt()
    driver = cluster.frameworks[0].driver

    work.status_update(driver, status("job-0.1", TaskState.UNREACHABLE))
    work.status_update(driver, status("job-0.1", TaskState.FINISHED))
    cluster.advance(MINUTE)

    assert work.is_finished
    assert work.heard[TaskState.FINISHED] == 1
    assert not work.attempts


def test_asking_for_lost_acceptances_brings_the_attempt_back_to_the_queue() -> None:
    options = ClusterOptions(master=MasterFlags(offer_timeout=20 * SECOND), checked=True)
    cluster, work = Cluster(seed=1, agents=1, options=options), batch(1, 10 * SECOND)
    framework = cluster.add_framework(work)
    cluster.run_until_registered()
    cluster.drop(framework, rate=1)
    assert cluster.run_until(lambda: work.attempts, limit_ns=MINUTE)

    cluster.drop(framework, rate=0)
    finish(cluster, work)

    assert work.heard[TaskState.LOST] == 1

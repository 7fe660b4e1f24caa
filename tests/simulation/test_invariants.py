"""The invariants bite: each kind of disagreement between books is noticed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mesos_py.protocol.ids import OfferId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import TaskState
from mesos_py.simulation import invariants
from tests.simulation.probe import ONE, SECOND, Stage


def a_busy_stage() -> Stage:
    """One task runs, the rest of the agent is offered."""
    stage = Stage()
    stage.run("t")
    stage.cluster.advance(10 * SECOND)
    stage.cluster.check_quiet()
    assert stage.probe.offers
    return stage


def test_resources_that_only_the_allocator_believes_in_use() -> None:
    stage = a_busy_stage()
    allocator = stage.cluster.master.allocator.books
    (agent,) = allocator.agents.values()
    (framework_id,) = agent.held
    allocator.set_in_use(agent, framework_id, resources=agent.held[framework_id])

    with pytest.raises(AssertionError, match="in use"):
        stage.cluster.check()


def test_resources_that_were_recovered_twice() -> None:
    stage = a_busy_stage()
    allocator = stage.cluster.master.allocator.books
    (agent,) = allocator.agents.values()
    (framework_id,) = agent.held
    allocator.unhold(agent, framework_id, resources=ONE.allocate("*"))

    with pytest.raises(AssertionError, match=r"in use|held"):
        stage.cluster.check()


def test_an_agent_that_the_allocator_does_not_know() -> None:
    stage = a_busy_stage()
    books, allocator = stage.cluster.master.books, stage.cluster.master.allocator
    allocator.remove_agent(stage.agent_id)

    with pytest.raises(AssertionError, match="other agents"):
        invariants.check_accounts(books, allocator.books)


def test_an_agent_whose_parts_are_not_the_whole() -> None:
    stage = a_busy_stage()
    (agent,) = stage.cluster.master.books.agents.values()
    agent.info = replace(agent.info, resources=Resources.of(cpus=5, mem=4096, disk=16384))

    with pytest.raises(AssertionError, match="used, offered or free"):
        stage.cluster.check()


def test_a_task_that_the_master_believes_in_another_state() -> None:
    stage = a_busy_stage()
    (framework,) = stage.cluster.master.books.frameworks.values()
    (task,) = framework.tasks.values()
    framework.tasks[task.task_id] = replace(task, state=TaskState.STAGING)

    with pytest.raises(AssertionError, match="the master believes"):
        stage.cluster.check_quiet()


def test_a_task_on_two_agents() -> None:
    books = a_busy_stage().cluster.agents[0].books

    with pytest.raises(AssertionError, match="runs on"):
        invariants.check_one_place([books, books])


def test_an_offer_that_the_scheduler_does_not_have() -> None:
    stage = a_busy_stage()
    stage.framework.driver.state.offers.clear()

    with pytest.raises(AssertionError, match="has offered"):
        stage.cluster.check_quiet()


def test_an_offer_that_the_master_does_not_know() -> None:
    stage = a_busy_stage()
    stage.framework.driver.state.offers[OfferId("O")] = stage.agent_id

    with pytest.raises(AssertionError, match="has offered"):
        stage.cluster.check_quiet()


def test_a_connected_agent_that_is_down() -> None:
    stage = a_busy_stage()
    stage.cluster.crash_agent(0)

    with pytest.raises(AssertionError, match="connected, but down"):
        stage.cluster.check_quiet()


def test_in_a_checked_cluster_the_books_are_checked_as_time_passes() -> None:
    stage = a_busy_stage()
    (agent,) = stage.cluster.master.books.agents.values()
    agent.info = replace(agent.info, resources=Resources.of(cpus=1))

    with pytest.raises(AssertionError):
        stage.cluster.advance(SECOND)

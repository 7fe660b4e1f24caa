"""Who is looked at in a run, and who sleeps until something changes."""

from __future__ import annotations

import pytest

from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.candidates import Candidates
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources

ONE, TWO = AgentId("n1"), AgentId("n2")


@pytest.fixture
def agents() -> dict[AgentId, AgentBook]:
    resources = Resources.of(cpus=1)
    info = AgentInfo(hostname="n", port=1, resources=resources)
    made = {each: AgentBook(each, info, draw=0) for each in (ONE, TWO)}
    for agent in made.values():
        agent.set_total(resources)
    return made


@pytest.fixture
def candidates(agents: dict[AgentId, AgentBook]) -> Candidates:
    """Both are asleep."""
    made = Candidates(agents)
    made.wake_all()
    look(made, agents)
    assert made.among(None) == []
    return made


def look(candidates: Candidates, agents: dict[AgentId, AgentBook], *staying: AgentId) -> None:
    """A run over all that passes over all but some."""
    seen = candidates.among(None)
    candidates.seen(seen, left=seen, staying=[agents[each] for each in staying], is_all=True)


def test_who_is_woken_is_looked_at(candidates: Candidates, agents: dict[AgentId, AgentBook]) -> None:
    candidates.wake(ONE)

    assert candidates.among(None) == [agents[ONE]]
    assert candidates.among([TWO, ONE]) == [agents[ONE]]


def test_a_call_to_all_wakes_everybody(candidates: Candidates, agents: dict[AgentId, AgentBook]) -> None:
    candidates.wake_all()

    assert candidates.among(None) == [agents[ONE], agents[TWO]]
    assert candidates.among([TWO]) == [agents[TWO]]


def test_who_has_nothing_free_is_not_looked_at(candidates: Candidates, agents: dict[AgentId, AgentBook]) -> None:
    candidates.wake(ONE)
    candidates.wake_all()

    del agents[ONE]

    assert candidates.among(None) == [agents[TWO]]
    assert candidates.among([ONE]) == []


def test_who_stays_is_looked_at_again(candidates: Candidates, agents: dict[AgentId, AgentBook]) -> None:
    candidates.wake_all()

    look(candidates, agents, TWO)

    assert candidates.among(None) == [agents[TWO]]


def test_a_run_over_some_leaves_the_others_awake(candidates: Candidates, agents: dict[AgentId, AgentBook]) -> None:
    candidates.wake_all()

    seen = candidates.among([ONE])
    candidates.seen(seen, left=seen, staying=(), is_all=False)

    assert candidates.among(None) == [agents[TWO]]


def test_a_call_during_a_run_wakes_only_those_who_were_not_in_it(
    candidates: Candidates, agents: dict[AgentId, AgentBook]
) -> None:
    candidates.wake(ONE)
    seen = candidates.among(None)

    candidates.wake_all()
    candidates.seen(seen, left=seen, staying=(), is_all=True)

    assert candidates.among(None) == [agents[TWO]]


def test_who_is_gone_is_forgotten(candidates: Candidates) -> None:
    candidates.wake(ONE)

    candidates.forget(ONE)

    assert candidates.among(None) == []

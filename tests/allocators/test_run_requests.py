"""Requests for runs are merged until one begins."""

from __future__ import annotations

from allocators.run_requests import RunRequests
from mesos_py.protocol.ids import AgentId

N1, N2 = AgentId("n1"), AgentId("n2")


def test_one_run_serves_the_union_of_what_was_asked_for() -> None:
    requests = RunRequests()

    firsts = [requests.add([N1], now=5), requests.add([N2, N1], now=6)]

    assert firsts == [True, False]
    assert requests.since == 5
    agents, is_batch = requests.take()
    assert list(agents or ()) == ["n1", "n2"]
    assert not is_batch


def test_a_request_for_all_outweighs_those_for_some() -> None:
    requests = RunRequests()

    requests.add([N1], now=0)
    requests.add(None, now=0, is_batch=True)
    requests.add([N2], now=0)

    assert requests.take() == (None, True)


def test_after_a_run_has_begun_nothing_is_pending() -> None:
    requests = RunRequests()
    requests.add(None, now=0, is_batch=True)
    requests.take()

    assert requests.since is None
    assert requests.add([N1], now=7)
    agents, is_batch = requests.take()
    assert list(agents or ()) == ["n1"]
    assert not is_batch

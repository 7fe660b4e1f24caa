"""Snapshots: gauges that are asked for, those that do not answer, and what goes with its actor."""

from __future__ import annotations

import json
from typing import Any

import pytest

from libprocess_py import Future, Node, NodeOptions, Policy, Process, Promise, Rate
from libprocess_py.duration import SECOND
from libprocess_py.future import ready
from libprocess_py.http.request import Request
from libprocess_py.metrics.process import MetricsProcess
from libprocess_py.rate_limiter import WAITING_MAX
from libprocess_py.sim import Simulation
from tests.libprocess_py.still_driver import a_node, run


class Depot(Process):
    """Declares one metric of each kind."""

    def __init__(self) -> None:
        super().__init__("depot")
        self.late: Promise[float] = Promise()

    def initialize(self) -> None:
        self.metrics.counter("depot/visits").add()
        self.metrics.push_gauge("depot/pushed").set(2.5)
        self.metrics.gauge("depot/read", lambda: 3.0)
        self.metrics.pull_gauge("depot/pulled", self.defer(Depot.stock))
        self.metrics.pull_gauge("depot/late", lambda: self.late)
        self.metrics.timer("depot/run_ms").record(SECOND)

    def stock(self) -> float:
        return 4.0

    def fail(self) -> None:
        raise ValueError("broken")


def _depot() -> tuple[Simulation, Node, Depot]:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1", options=NodeOptions(policy=Policy.END_ACTOR, metrics_rate=None))
    depot = Depot()
    node.spawn(depot)
    simulation.settle()
    return simulation, node, depot


def _ask(simulation: Simulation, node: Node, *, timeout: str | None = None) -> Future[dict[str, Any]]:
    query = {} if timeout is None else {"timeout": timeout}
    answer = node.request(Request("GET", "/metrics/snapshot", query=query))
    simulation.settle()
    return answer.then(lambda response: {k: v for k, v in json.loads(response.body).items() if k.startswith("depot/")})


def test_a_snapshot_waits_for_gauges_that_are_asked_for() -> None:
    simulation, node, depot = _depot()

    answer = _ask(simulation, node)
    early = answer.is_pending
    depot.late.set(5.0)
    simulation.settle()

    assert early
    values = answer.get()
    assert values["depot/visits"] == 1
    assert (values["depot/pushed"], values["depot/read"], values["depot/pulled"], values["depot/late"]) == (
        2.5,
        3,
        4,
        5,
    )
    assert values["depot/run_ms/p99"] == 1_000


def test_gauges_that_miss_the_timeout_are_left_out_and_the_answer_comes_in_time() -> None:
    simulation, node, _ = _depot()

    answer = _ask(simulation, node, timeout="2secs")
    simulation.advance(2 * SECOND - 1)
    early = answer.is_pending
    simulation.advance(1)

    assert early
    assert answer.get()["depot/pulled"] == 4
    assert "depot/late" not in answer.get()


def test_a_gauge_that_fails_or_whose_actor_has_ended_hides_no_other() -> None:
    simulation, node, depot = _depot()
    depot.late.fail("broken")
    node.metrics.pull_gauge("depot/gone", depot.defer(Depot.stock))
    node.metrics.pull_gauge("depot/raises", lambda: ready(1 / 0))
    node.terminate(depot.pid)
    simulation.settle()

    values = _ask(simulation, node).get()

    assert "depot/gone" not in values
    assert "depot/raises" not in values
    assert values["depot/visits"] == 1


def test_what_an_actor_declared_goes_with_it_however_it_ends_save_its_counters() -> None:
    simulation, node, depot = _depot()

    node.dispatch(depot.pid, Depot.fail)
    simulation.settle()

    assert _ask(simulation, node).get() == {"depot/visits": 1}


def test_what_another_actor_has_taken_over_stays() -> None:
    simulation, node, depot = _depot()
    node.metrics.of("heir").gauge("depot/read", lambda: 9.0)

    node.terminate(depot.pid)
    simulation.settle()

    assert _ask(simulation, node).get() == {"depot/visits": 1, "depot/read": 9.0}
    node.metrics.remove_owned("heir")
    assert "depot/read" not in node.metrics.gauges()


def test_who_asks_when_the_line_is_full_is_sent_away() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1", options=NodeOptions(metrics_rate=Rate(1)))
    request = Request("GET", "/metrics/snapshot")

    answers = [node.request(request) for _ in range(WAITING_MAX + 2)]  # One is served at once.
    simulation.settle()

    assert [answer.is_ready for answer in answers] == [True, *[False] * WAITING_MAX, True]
    assert answers[-1].get().status == 429
    simulation.advance(SECOND)
    assert answers[1].get().status == 200


@pytest.mark.parametrize("fails", [True, False])
def test_who_is_in_line_when_the_actor_ends_is_told(fails: bool) -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1", options=NodeOptions(policy=Policy.END_ACTOR, metrics_rate=Rate(1)))
    pid = node.spawn(MetricsProcess())
    request = Request("GET", "/metrics/snapshot")
    answers = [node.dispatch(pid, MetricsProcess.snapshot, request) for _ in range(3)]
    simulation.settle()

    if fails:
        node.dispatch(pid, lambda _: 1 / 0)
    else:
        node.terminate(pid)
    simulation.settle()

    assert [(answer.is_ready, answer.is_discarded) for answer in answers] == [(True, False), *[(False, True)] * 2]


def test_gauges_that_the_time_allowed_does_not_reach_are_not_read() -> None:
    node, driver = a_node(NodeOptions(metrics_rate=None))

    def slow() -> float:
        driver.time += 2 * SECOND
        return 1.0

    node.metrics.gauge("depot/a_slow", slow)
    node.metrics.gauge("depot/b_late", lambda: 2.0)
    answer = node.request(Request("GET", "/metrics/snapshot", query={"timeout": "1secs"}))
    run(node)

    told = json.loads(answer.get().body)
    assert told["depot/a_slow"] == 1.0
    assert "depot/b_late" not in told


def test_actors_that_come_and_go_leave_nothing_in_the_books() -> None:
    simulation, node, depot = _depot()

    node.terminate(depot.pid)
    simulation.settle()

    assert node.metrics._books.owned == {}

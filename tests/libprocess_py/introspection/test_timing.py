"""Timing: what handlers cost, by actor and name, and which were slow."""

from __future__ import annotations

import logging

import pytest

from libprocess_py import PID, Message, Process
from libprocess_py.http.request import Request
from libprocess_py.introspection.timing import HANDLERS_MAX, OTHERS, Timing
from tests.libprocess_py.still_driver import a_node, run


class Work(Message):
    ticks: int


class Worker(Process):
    """Takes as long as it is told, by a clock of the test's own."""

    clock_ns = 0

    def work(self, sender: PID, work: Work) -> None:
        Worker.clock_ns += work.ticks

    def rest(self) -> None:
        raise ZeroDivisionError


def a_clock() -> int:
    return Worker.clock_ns


def test_handlers_are_counted_and_timed_by_actor_and_name() -> None:
    node, _ = a_node()
    timing = Timing(a_clock, log=node.log)
    node.observe(timing)
    pid = node.spawn(Worker("worker"))

    for ticks in (5, 7, 1):
        node.send(pid, Work(ticks=ticks))
    run(node)

    work = timing.of("worker")["Work"]
    assert (work.count, work.total_ns, work.longest_ns) == (3, 13, 7)
    assert timing.of("worker")["initialize"].count == 1
    assert timing.of("nobody") == {}


def test_an_actor_that_ended_is_forgotten_however_it_ended() -> None:
    node, _ = a_node()
    timing = Timing(a_clock, log=node.log)
    node.observe(timing)
    ended, failed = node.spawn(Worker("ended")), node.spawn(Worker("failed"))
    run(node)
    assert timing.of("ended")
    assert timing.of("failed")

    node.terminate(ended)
    node.dispatch(failed, Worker.rest)
    run(node)

    assert timing.of("ended") == {}
    assert timing.of("failed") == {}


def test_a_slow_handler_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    node, _ = a_node()
    node.observe(Timing(a_clock, log=node.log, slow_ns=2_000_000))
    pid = node.spawn(Worker("worker"))

    with caplog.at_level(logging.WARNING):
        node.send(pid, Work(ticks=1_999_999))
        node.send(pid, Work(ticks=2_500_000))
        run(node)

    (record,) = caplog.records
    assert "slow handler actor=worker name=Work ms=2.5" in record.getMessage()


def test_peers_cannot_make_the_table_grow_by_choosing_names() -> None:
    node, _ = a_node()
    timing = Timing(a_clock, log=node.log)
    node.observe(timing)
    node.spawn(Worker("worker"))

    for number in range(2 * HANDLERS_MAX):
        node.request(Request("GET", f"/worker/{number}"))
    run(node)

    handlers = timing.of("worker")
    assert len(handlers) == HANDLERS_MAX + 1
    assert sum(each.count for each in handlers.values()) == 2 * HANDLERS_MAX + 1
    assert handlers[OTHERS].count > 1

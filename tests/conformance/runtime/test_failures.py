"""What raises, who is to blame for it, and that nobody else suffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from libprocess_py import PID, Future, Node, Process, Promise
from tests.conformance.runtime.actors import Asker, Note, Recorder, Responder
from tests.conformance.runtime.harness import Harness


class Stubborn(Process):
    """Its coroutine waits once more when it is told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.gate: Promise[None] = Promise()

    async def hold_on(self) -> None:
        try:
            await self.gate
        finally:
            await self.gate


class BadStart(Recorder):
    def initialize(self) -> None:
        raise RuntimeError("the start fails")


class BadExited(Recorder):
    def watch(self, to: PID) -> None:
        self.link(to)

    def exited(self, pid: PID) -> None:
        raise RuntimeError("the notice fails")


class WaitingEnd(Process):
    async def finalize(self) -> None:  # type: ignore[override]  # The mistake that is tested.
        raise AssertionError("never runs")


def _raise(*_: object) -> None:
    raise RuntimeError("the callback of somebody else fails")


def _watched(harness: Harness, actor: Process) -> tuple[Node, Asker, Future[bool]]:
    """The actor on a node of its own, with one that is linked to it and one that waits for it."""
    node = harness.node()
    pid = node.spawn(actor)
    watcher = Asker(pid)
    node.dispatch(node.spawn(watcher), Asker.watch)
    waited = node.wait(pid)
    harness.settle()
    return node, watcher, waited


def test_a_callback_that_raises_spares_the_actor_that_answered(harness: Harness) -> None:
    recorder = Recorder()
    node, watcher, _ = _watched(harness, recorder)

    node.dispatch(recorder.pid, Recorder.add, 1).on_ready(_raise)
    node.send(recorder.pid, Note(number=2))
    harness.settle()

    assert recorder.story == ["initialize", ("add", 1, 0), 2]
    assert watcher.lost == []
    assert node.metrics.counter("libprocess/failures").value == 1


@pytest.mark.parametrize("method", [Responder.fail, Responder.refuse])
def test_a_callback_that_raises_at_a_failure_spares_the_node(
    harness: Harness, method: Callable[[Responder], Any]
) -> None:
    node = harness.node()
    recorder = Recorder()
    other = node.spawn(recorder)

    future = node.dispatch(node.spawn(Responder()), method).on_failed(_raise)
    node.send(other, Note(number=1))
    harness.settle()

    assert future.is_failed
    assert recorder.story == ["initialize", 1]


def test_a_coroutine_that_will_not_end_ends_with_its_actor(harness: Harness) -> None:
    stubborn = Stubborn()
    node, watcher, waited = _watched(harness, stubborn)
    future = node.dispatch(stubborn.pid, Stubborn.hold_on)
    harness.settle()

    node.terminate(stubborn.pid)
    harness.settle()

    assert future.abandoned
    assert watcher.lost == [stubborn.pid]
    assert waited.get() is True
    assert node.metrics.counter("libprocess/failures").value == 1


@pytest.mark.parametrize("inject", [True, False])
def test_a_callback_that_raises_at_an_end_does_not_keep_others_from_hearing_of_it(
    harness: Harness, inject: bool
) -> None:
    responder = Responder()
    node, watcher, waited = _watched(harness, responder)
    node.wait(responder.pid).on_ready(_raise)
    second = node.wait(responder.pid)
    node.terminate(responder.pid, inject=inject)
    dropped = [node.dispatch(responder.pid, Responder.never) for _ in range(3)]
    dropped[0].on_abandoned(_raise)

    harness.settle()

    assert [future.abandoned for future in dropped] == [True] * 3
    assert watcher.lost == [responder.pid]
    assert waited.get() is second.get() is True


def test_an_actor_whose_start_fails_ends_and_is_not_finalized(harness: Harness) -> None:
    actor = BadStart()
    node = harness.node()
    pid = node.spawn(actor)
    watcher = Asker(pid)
    node.dispatch(node.spawn(watcher), Asker.watch)
    queued = node.dispatch(pid, Recorder.add, 1)

    harness.settle()

    assert actor.story == []
    assert queued.abandoned
    assert watcher.lost == [pid]


def test_an_actor_that_fails_at_a_notice_ends_and_is_told_of(harness: Harness) -> None:
    actor, doomed = BadExited(), Recorder()
    node, watcher, _ = _watched(harness, actor)
    node.dispatch(actor.pid, BadExited.watch, node.spawn(doomed))
    harness.settle()

    node.terminate(doomed.pid)
    harness.settle()

    assert watcher.lost == [actor.pid]


def test_a_finalize_that_would_wait_is_a_failure_and_the_actor_ends(harness: Harness) -> None:
    node, watcher, waited = _watched(harness, WaitingEnd())
    pid = watcher.to

    node.terminate(pid)
    harness.settle()

    assert watcher.lost == [pid]
    assert waited.get() is True
    assert node.metrics.counter("libprocess/failures").value == 1

"""Failures: what whoever asked gets to see, and which policy decides what becomes of the actor."""

from __future__ import annotations

import asyncio
import gc
import traceback
import warnings
from collections.abc import Callable

import pytest

from libprocess_py import PID, ActorFailed, Future, Message, Node, NodeOptions, Policy, Process, Promise, ProtocolError
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.threads import ThreadedProcess
from tests.libprocess_py.still_driver import StillDriver, a_node, run
from tests.support.event_loop import on_loop


class Wrong(Exception):
    """What these handlers raise."""


class Faulty(Process):
    def __init__(self) -> None:
        super().__init__("faulty")
        self.gate: Promise[None] = Promise()
        self.is_finalized = False

    def fail(self) -> int:
        return self._deep_inside()

    async def fail_later(self) -> int:
        await self.gate
        return self._deep_inside()

    def refuse(self) -> None:
        raise ProtocolError("not now")

    def finalize(self) -> None:
        self.is_finalized = True

    def _deep_inside(self) -> int:
        raise Wrong("here")


class FaultyThread(ThreadedProcess):
    def fail(self) -> int:
        return self._deep_inside()

    def _deep_inside(self) -> int:
        raise Wrong("on a thread")


class Poke(Message):
    pass


class PokedThread(ThreadedProcess):
    def poke(self, sender: PID, message: Poke) -> None:
        raise Wrong("poked")


class Asker(Process):
    """Awaits a failure, and passes it on."""

    async def ask(self, faulty: Faulty) -> int:
        return await self.dispatch(faulty.pid, Faulty.fail)


def functions_of(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def failure_of(future: Future[int]) -> BaseException:
    with pytest.raises(Wrong) as raised:
        future.get()
    return raised.value


def test_a_failed_dispatch_raises_what_the_handler_raised_with_its_traceback() -> None:
    node, _ = a_node()
    pid = node.spawn(Faulty())

    future = node.dispatch(pid, Faulty.fail)
    run(node)

    error = failure_of(future)
    assert error is future.failure
    assert functions_of(error)[-2:] == ["fail", "_deep_inside"]


def test_a_failure_that_many_ask_for_does_not_grow() -> None:
    node, _ = a_node()
    pid = node.spawn(Faulty())
    future = node.dispatch(pid, Faulty.fail)
    run(node)

    first = functions_of(failure_of(future))
    for _ in range(10):
        failure_of(future)

    assert functions_of(failure_of(future)) == first


def test_a_failure_behind_a_wait_keeps_its_traceback() -> None:
    node, _ = a_node()
    faulty = Faulty()
    pid = node.spawn(faulty)

    future = node.dispatch(pid, Faulty.fail_later)
    run(node)
    faulty.gate.set(None)
    run(node)

    assert functions_of(failure_of(future))[-2:] == ["fail_later", "_deep_inside"]


def test_a_failure_that_another_actor_awaited_tells_the_whole_way() -> None:
    node, _ = a_node()
    faulty = Faulty()
    node.spawn(faulty)
    asker = node.spawn(Asker())

    future = node.dispatch(asker, Asker.ask, faulty)
    run(node)

    names = functions_of(failure_of(future))
    assert names.index("ask") < names.index("fail") < names.index("_deep_inside")


@on_loop
async def test_a_failure_on_a_thread_keeps_its_traceback() -> None:
    async with await start_node() as node:
        pid = node.spawn(FaultyThread())

        with pytest.raises(Wrong, match="on a thread") as raised:
            await result(node.dispatch(pid, FaultyThread.fail))

    assert functions_of(raised.value)[-2:] == ["fail", "_deep_inside"]


@on_loop
async def test_a_handler_that_fails_on_a_thread_ends_its_actor_or_its_node_as_the_policy_says() -> None:
    async with await start_node() as node:
        ending, aborting = node.spawn(PokedThread()), node.spawn(PokedThread(), Policy.ABORT_NODE)

        node.send(ending, Poke())
        await result(node.wait(ending))
        survived = not node.driver.stopped
        aborted = asyncio.Event()
        node.driver.on_abort = lambda _: aborted.set()
        node.send(aborting, Poke())
        await aborted.wait()

        assert survived
        assert isinstance(node.failure, Wrong)
        assert node.metrics.counter("libprocess/failures").value == 2


@on_loop
async def test_a_failure_can_be_awaited_by_a_task_of_the_event_loop() -> None:
    async def ask() -> int:
        return await result(node.dispatch(pid, Faulty.fail))

    async with await start_node() as node:
        pid = node.spawn(Faulty())
        outcome = await asyncio.gather(ask(), return_exceptions=True)

    assert isinstance(outcome[0], Wrong)
    assert functions_of(outcome[0])[-1] == "_deep_inside"


def test_a_protocol_error_fails_the_future_and_the_actor_lives() -> None:
    node, _ = a_node()
    pid = node.spawn(Faulty())

    future = node.dispatch(pid, Faulty.refuse)
    run(node)

    assert isinstance(future.failure, ProtocolError)
    assert node.wait(pid).is_pending


def policy_outcomes() -> dict[str, Callable[[Node, StillDriver], bool]]:
    def raises(node: Node, driver: StillDriver) -> bool:
        with pytest.raises(ActorFailed, match=r"faulty@10\.0\.0\.1:5050 failed in Faulty\.fail: Wrong: here"):
            run(node)
        return True

    def ends(node: Node, driver: StillDriver) -> bool:
        run(node)
        return "faulty" not in node.kernel.mailboxes and driver.error is None

    def aborts(node: Node, driver: StillDriver) -> bool:
        run(node)
        return isinstance(driver.error, Wrong)

    return {"END_ACTOR": ends, "ABORT_NODE": aborts, "FAIL": raises}


@pytest.mark.parametrize("name", [policy.name for policy in Policy])
@pytest.mark.parametrize("of_node", Policy)
def test_the_policy_given_at_spawn_wins_over_that_of_the_node(name: str, of_node: Policy) -> None:
    node, driver = a_node(NodeOptions(policy=of_node))
    faulty = Faulty()
    pid = node.spawn(faulty, policy=Policy[name])

    node.dispatch(pid, Faulty.fail)

    assert policy_outcomes()[name](node, driver)
    assert not faulty.is_finalized


class Exiting(Process):
    """Believes that it is alone in its program."""

    def leave(self) -> None:
        raise SystemExit(3)

    def finalize(self) -> None:
        raise SystemExit(4)


def test_an_actor_that_exits_has_failed_and_the_others_go_on() -> None:
    node, _ = a_node(NodeOptions(policy=Policy.END_ACTOR))
    exiting, leaving, other = node.spawn(Exiting()), node.spawn(Exiting()), node.spawn(Faulty())

    left = node.dispatch(exiting, Exiting.leave)
    gone = node.wait(leaving)
    node.terminate(leaving)
    failed = node.dispatch(other, Faulty.fail)
    run(node)

    assert str(left.failure) == "it raised SystemExit(3)"
    assert gone.is_ready
    assert isinstance(failed.failure, Wrong)
    assert not {exiting.id, leaving.id} & set(node.kernel.mailboxes)


class Lingering(Process):
    """Believes that there is time to say good-bye."""

    async def finalize(self) -> None:  # type: ignore[override]  # The mistake.
        await Promise[None]()


def test_a_finalize_that_would_wait_is_a_failure_and_leaves_no_coroutine_behind() -> None:
    node, _ = a_node(NodeOptions(policy=Policy.END_ACTOR))
    pid = node.spawn(Lingering())
    run(node)

    node.terminate(pid)
    run(node)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.collect()

    assert pid.id not in node.kernel.mailboxes
    assert node.metrics.counters()["libprocess/failures"] == 1
    assert [str(warning.message) for warning in told] == []

"""pykka actors with PIDs: told and asked from here and from another node, and one end for both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest

from libprocess_py import PID, MailboxClosed, Message, Process
from libprocess_py.auth.core.secret import Secret
from libprocess_py.deploy import RemoteError, Spawner
from libprocess_py.runtime.adopted import adopt
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.sim import Simulation
from tests.support.event_loop import on_loop, until
from tests.support.pykka_actors import STOP_S, none_left

SETTINGS = NodeSettings(secrets=(Secret(b"ours" * 8),))


class Add(Message):
    """To a counter."""

    number: int


class Total(Message):
    """What it answers."""

    total: int
    thread: str


class Tally(pykka.ThreadingActor):
    """What a program has that was written for pykka."""

    def __init__(self, total: int = 0) -> None:
        super().__init__()
        self._total = total
        self.blocked, self.gate = threading.Event(), threading.Event()

    def on_receive(self, message: Any) -> Any:
        if not isinstance(message, Add):
            return None
        if message.number < 0:
            raise ValueError("expected a number from 0")
        self._total += message.number
        return Total(total=self._total, thread=threading.current_thread().name)

    def add(self, number: int, *, times: int = 1) -> int:
        self._total += number * times
        return self._total

    def fail(self, why: str) -> None:
        raise KeyError(why)

    def block(self) -> None:
        self.blocked.set()
        self.gate.wait()


class Asker(Process):
    """Sends numbers, keeps answers, and hears of the end."""

    def __init__(self) -> None:
        super().__init__()
        self.totals: list[Total] = []
        self.lost: list[PID] = []

    def ask(self, to: PID, number: int) -> None:
        self.link(to)
        self.send(to, Add(number=number))

    def told(self, sender: PID, total: Total) -> None:
        self.totals.append(total)

    def exited(self, pid: PID) -> None:
        self.lost.append(pid)


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    with none_left():
        yield


def an_asker(node: LoopNode, to: PID, *numbers: int) -> Asker:
    asker = Asker()
    pid = node.spawn(asker)
    for number in numbers:
        node.dispatch(pid, Asker.ask, to, number)
    return asker


@on_loop
async def test_its_methods_are_dispatched_to() -> None:
    async with await start_node() as node:
        tally = adopt(node, Tally.start(40))

        assert await node.dispatch(tally, Tally.add, 2) == 42
        assert await node.dispatch(tally, Tally.add, 2, times=4) == 50
        with pytest.raises(KeyError, match="why"):
            await node.dispatch(tally, Tally.fail, "why")
        assert await node.dispatch(tally, Tally.add, 0) == 50


@on_loop
async def test_it_is_told_messages_on_its_thread_and_its_answers_go_to_the_sender() -> None:
    async with await start_node() as node:
        tally = adopt(node, Tally.start(), id="tally", messages=[Add])

        asker = an_asker(node, tally, 1, 2)
        await until(lambda: len(asker.totals) == 2)

        assert str(tally) == f"tally@{node.address}"
        assert [total.total for total in asker.totals] == [1, 3]
        assert threading.current_thread().name not in {total.thread for total in asker.totals}


@on_loop
async def test_a_message_that_it_fails_at_ends_both() -> None:
    async with await start_node() as node:
        ref = Tally.start()
        asker = an_asker(node, tally := adopt(node, ref, messages=[Add]), -1)

        await until(lambda: asker.lost)

        assert asker.lost == [tally]
        assert ref.actor_stopped.wait(STOP_S)


@on_loop
async def test_when_the_pykka_actor_stops_its_pid_ends() -> None:
    async with await start_node() as node:
        ref = Tally.start()
        asker = an_asker(node, tally := adopt(node, ref, messages=[Add]), 1)

        ref.stop()
        await until(lambda: asker.lost)

        assert asker.lost == [tally]
        gone = node.dispatch(tally, Tally.add, 1)
        assert gone.abandoned


@on_loop
async def test_when_the_pid_is_terminated_the_pykka_actor_stops_and_calls_are_abandoned() -> None:
    async with await start_node() as node:
        ref = Tally.start()
        proxy = ref.proxy()
        is_blocked, gate = proxy.blocked.get(), proxy.gate.get()
        tally = adopt(node, ref)
        blocked, behind = node.dispatch(tally, Tally.block), node.dispatch(tally, Tally.add, 1)

        await until(is_blocked.is_set)
        node.terminate(tally)
        for future in (blocked, behind):
            with pytest.raises(MailboxClosed):
                await future
        gate.set()

        assert ref.actor_stopped.wait(STOP_S)


@on_loop
async def test_a_node_that_stops_takes_it_along() -> None:
    async with await start_node() as node:
        ref = Tally.start()
        adopt(node, ref)

    assert ref.actor_stopped.wait(STOP_S)


@on_loop
async def test_it_is_told_and_asked_from_another_node() -> None:
    async with await start_node(SETTINGS) as node, await start_node(SETTINGS) as other:
        other.spawn(Spawner(allow=True))
        ref = Tally.start(5)
        tally = adopt(other, ref, messages=[Add])
        await node.connect(other.address)

        asker = an_asker(node, tally, 2)
        await until(lambda: asker.totals)

        assert asker.totals[0].total == 7
        assert await node.dispatch(tally, Tally.add, 3) == 10
        with pytest.raises(RemoteError, match="KeyError: 'x'"):
            await node.dispatch(tally, Tally.fail, "x")
        ref.stop()
        await until(lambda: asker.lost)


@on_loop
async def test_one_that_has_stopped_is_not_adopted() -> None:
    async with await start_node() as node:
        ref = Tally.start()
        ref.stop()

        with pytest.raises(ValueError, match="expected an actor that runs"):
            adopt(node, ref)


@on_loop
async def test_private_methods_are_nobodys_business() -> None:
    async with await start_node() as node:
        tally = adopt(node, Tally.start())

        with pytest.raises(AttributeError, match="'_actor_loop': expected a public method"):
            await node.dispatch(tally, Tally._actor_loop)


def test_a_simulated_node_has_no_place_for_a_thread() -> None:
    node = Simulation(seed=1).node("10.0.0.1")
    ref = Tally.start()

    with pytest.raises(TypeError, match="a simulated node has no place for"):
        adopt(node, ref)  # type: ignore[arg-type]  # The mistake.

    ref.stop()


@pytest.mark.parametrize("nonsense", ["x", None, Tally])
@on_loop
async def test_what_is_no_pykka_actor_is_refused_in_words(nonsense: Any) -> None:
    async with await start_node() as node:
        with pytest.raises(TypeError, match=r"expected the pykka\.ActorRef of an actor that runs"):
            adopt(node, nonsense)


@pytest.mark.parametrize("nonsense", ["Add", [Add(number=1)], [dict]])
@on_loop
async def test_what_is_no_class_of_messages_is_refused_in_words(nonsense: Any) -> None:
    async with await start_node() as node:
        ref = Tally.start()

        with pytest.raises(TypeError, match="expected classes of messages"):
            adopt(node, ref, messages=nonsense)

        ref.stop()

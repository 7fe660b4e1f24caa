"""Nodes on threads of their own, for synchronous programs."""

from __future__ import annotations

import threading

import psutil
import pytest

from libprocess_py.future import Future, Promise
from libprocess_py.runtime.background import THREAD_NAME, BackgroundNode
from libprocess_py.runtime.listening import ListenError
from libprocess_py.runtime.settings import NodeSettings
from tests.support.wire_actors import Echo, Listener

LIMIT_S = 20.0  # Only reached by a hang.


def test_functions_run_on_the_node_s_thread_and_futures_are_waited_for() -> None:
    with BackgroundNode() as background:
        node = background.node
        echo = background.call(node.spawn, Echo()).result(LIMIT_S)

        assert background.call(lambda: threading.current_thread().name).result(LIMIT_S) == THREAD_NAME
        assert background.call(lambda: node.dispatch(echo, Echo.random, "dice")).result(LIMIT_S) is not None
        with pytest.raises(ZeroDivisionError):
            background.call(lambda: 1 / 0).result(LIMIT_S)


def test_two_background_nodes_talk_to_each_other() -> None:
    with BackgroundNode() as here, BackgroundNode() as there:
        echo = there.call(there.node.spawn, Echo()).result(LIMIT_S)
        answered = threading.Event()

        class Source(Listener):
            def _heard(self, sender: object, number: int) -> None:
                answered.set()

        source = here.call(lambda: here.node.spawn(Source())).result(LIMIT_S)
        here.call(lambda: here.node.dispatch(source, Listener.tell, echo, [1])).result(LIMIT_S)

        assert answered.wait(LIMIT_S)


def test_cancelling_a_call_asks_its_future_to_be_discarded() -> None:
    asked = threading.Event()

    def never() -> Future[int]:
        promise: Promise[int] = Promise()
        promise.on_discard(lambda _: asked.set())
        begun.set()
        return promise

    begun = threading.Event()
    with BackgroundNode() as background:
        call = background.call(never)
        assert begun.wait(LIMIT_S)

        call.cancel()

        assert asked.wait(LIMIT_S)


def test_what_keeps_a_node_from_starting_is_raised_by_start() -> None:
    with BackgroundNode() as first:
        with pytest.raises(ListenError, match="the address is in use"):
            BackgroundNode(NodeSettings(port=first.node.address.port)).start()


def test_a_stopped_node_takes_no_calls_and_leaves_nothing_behind() -> None:
    me = psutil.Process()
    before = me.num_fds(), threading.active_count()

    background = BackgroundNode().start()
    background.stop()
    background.stop()

    with pytest.raises(RuntimeError, match="the node is not running"):
        background.call(print)
    assert (me.num_fds(), threading.active_count()) <= before

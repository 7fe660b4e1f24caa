"""The kernel's turns: budgets, order, and what an interrupted turn leaves behind."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import PID, ActorFailed, Address, Future, Message, NodeOptions, Policy, Process, Promise
from libprocess_py.core.kernel import STEP_EVENTS
from libprocess_py.errors import ProtocolError
from libprocess_py.future import ready
from tests.libprocess_py.still_driver import a_node, run


class Number(Message):
    value: int


class Collector(Process):
    """Keeps what it gets, with the sender."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[str, int]] = []

    def number(self, sender: PID, number: Number) -> None:
        self.got.append((sender.id, number.value))

    def burst(self, to: PID, values: range) -> None:
        for value in values:
            self.send(to, Number(value=value))


class Ball(Message):
    """Goes back and forth."""


class Player(Process):
    """Returns every ball, for ever."""

    hits = 0

    def ball(self, sender: PID, ball: Ball) -> None:
        self.hits += 1
        self.send(sender, ball)

    def serve(self, to: PID) -> None:
        self.send(to, Ball())


def test_a_step_ends_although_actors_feed_one_another() -> None:
    node, _ = a_node()
    left, right = Player(), Player()
    node.dispatch(node.spawn(left), Player.serve, node.spawn(right))

    more = node.step(budget=100)

    assert more
    assert 0 < left.hits + right.hits <= 100


def test_a_step_serves_no_more_events_than_its_budget() -> None:
    node, _ = a_node()
    collector, sender = Collector(), Collector()
    to = node.spawn(collector)
    node.spawn(sender)
    run(node)
    sender.burst(to, range(25))

    served = []
    while node.step(budget=10):
        served.append(len(collector.got))

    assert served == [10, 20]
    assert [value for _, value in collector.got] == list(range(25))


def test_what_arrives_during_a_turn_that_was_cut_short_comes_after_its_rest() -> None:
    node, _ = a_node()
    collector, sender = Collector(), Collector()
    to = node.spawn(collector)
    node.spawn(sender)
    run(node)

    sender.burst(to, range(6))
    node.step(budget=4)
    sender.burst(to, range(6, 12))
    node.step(budget=1)
    sender.burst(to, range(12, 18))
    run(node)

    assert [value for _, value in collector.got] == list(range(18))


def test_terminate_drops_the_rest_of_a_turn_that_was_cut_short() -> None:
    node, _ = a_node()
    collector, sender = Collector(), Collector()
    to = node.spawn(collector)
    node.spawn(sender)
    run(node)
    sender.burst(to, range(6))
    node.step(budget=4)
    sender.burst(to, range(6, 8))

    node.terminate(to)
    run(node)

    assert len(collector.got) == 4
    assert node.metrics.counter("libprocess/dropped/purged").value == 4
    assert node.wait(to).get() is False


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("burst"), st.integers(0, 2), st.integers(1, 30)),
            st.tuples(st.just("step"), st.integers(1, 20), st.just(0)),
        ),
        max_size=30,
    )
)
def test_each_pair_of_actors_keeps_its_order_under_any_budget(actions: list[tuple[str, int, int]]) -> None:
    node, _ = a_node()
    receiver, senders = Collector(), [Collector() for _ in range(3)]
    to = node.spawn(receiver)
    sent: dict[str, int] = {node.spawn(sender).id: 0 for sender in senders}
    run(node)

    for action, which, count in actions:
        if action == "burst":
            first = sent[senders[which].pid.id]
            senders[which].burst(to, range(first, first + count))
            sent[senders[which].pid.id] += count
        else:
            node.step(budget=which)
    run(node)

    for id, count in sent.items():
        assert [value for sender, value in receiver.got if sender == id] == list(range(count))


def test_the_driver_is_woken_once_until_a_step_ran_dry() -> None:
    node, driver = a_node()
    sender = Collector()
    to = node.spawn(Collector())
    node.spawn(sender)
    assert driver.wakes == 1
    run(node)

    sender.burst(to, range(STEP_EVENTS))

    assert driver.wakes == 2


def test_the_driver_is_armed_for_the_earliest_timer_only() -> None:
    node, driver = a_node()
    actor = Collector()
    node.spawn(actor)
    run(node)
    late = actor.delay(500, actor.burst, PID("x", Address("10.0.0.9", 1)), range(0))
    assert driver.armed == 1_500
    early = actor.delay(100, actor.burst, PID("x", Address("10.0.0.9", 1)), range(0))
    assert driver.armed == 1_100

    early.cancel()
    node.step()
    assert driver.armed == 1_500
    late.cancel()
    node.step()

    assert driver.armed is None


def test_a_failure_leaves_the_step_under_the_failing_policy_and_the_rest_can_go_on() -> None:
    node, driver = a_node(NodeOptions(policy=Policy.FAIL))
    collector = Collector()
    to = node.spawn(collector)
    future = node.dispatch(to, lambda _: 1 // 0)
    node.dispatch(to, Collector.burst, to, range(3))
    wakes = driver.wakes

    with pytest.raises(ActorFailed, match=r"collector\(1\)@10.0.0.1:5050 failed in .*ZeroDivisionError") as raised:
        run(node)
    assert driver.wakes == wakes + 1
    run(node)

    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert isinstance(future.failure, ZeroDivisionError)
    assert [value for _, value in collector.got] == [0, 1, 2]


def test_an_interrupt_leaves_the_step_and_the_rest_can_go_on() -> None:
    node, driver = a_node()
    collector = Collector()
    to = node.spawn(collector)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    node.dispatch(to, interrupt)
    node.dispatch(to, Collector.burst, to, range(3))
    wakes = driver.wakes

    with pytest.raises(KeyboardInterrupt):
        run(node)
    run(node)

    assert driver.wakes == wakes + 1
    assert [value for _, value in collector.got] == [0, 1, 2]


def test_the_longest_mailbox_is_remembered() -> None:
    node, _ = a_node()
    collector = Collector()
    to = node.spawn(collector)
    run(node)

    collector.burst(to, range(17))
    run(node)
    collector.burst(to, range(5))
    run(node)

    assert node.metrics.gauges()["libprocess/longest_mailbox"]() == 17


def test_a_failure_stops_the_node_under_the_aborting_policy() -> None:
    node, driver = a_node(NodeOptions(policy=Policy.ABORT_NODE))
    collector, bystander = Collector(), Collector()
    to, other = node.spawn(collector), node.spawn(bystander)
    run(node)
    node.dispatch(to, lambda _: 1 // 0)
    node.dispatch(to, Collector.burst, other, range(3))
    node.dispatch(other, Collector.burst, other, range(3))

    run(node)

    assert isinstance(driver.error, ZeroDivisionError)
    assert bystander.got == []


def test_links_to_another_node_ask_for_one_connection_each_and_give_it_back() -> None:
    node, driver = a_node()
    there = Address("10.0.0.2", 5050)
    actor = Collector()
    pid = node.spawn(actor)
    run(node)

    actor.link(PID("a", there))
    actor.link(PID("a", there))
    actor.link(PID("b", there))
    node.terminate(pid)
    run(node)

    assert driver.calls == [("connect", there), ("connect", there), ("disconnect", there)]


def test_a_message_for_another_node_is_encoded_with_its_sender() -> None:
    node, driver = a_node()
    actor = Collector()
    pid = node.spawn(actor)
    to = PID("far", Address("10.0.0.2", 5050))
    run(node)

    actor.burst(to, range(7, 8))

    assert driver.sent == [(to, pid, "Number", b'{"value":7}')]


class Coroutines(Process):
    """Handlers that wait."""

    def __init__(self) -> None:
        super().__init__()
        self.gates: list[Promise[int]] = [Promise(), Promise()]
        self.story: list[object] = []

    async def number(self, sender: PID, number: Number) -> None:
        self.story.append(await self.gates[number.value])

    async def both(self) -> int:
        first = await self.gates[0]
        return first + await self.gates[1]

    def end_with_work_left(self) -> None:
        self.dispatch(self.pid, Coroutines.both)
        self.terminate()


def test_a_message_handler_may_wait_while_the_next_message_is_served() -> None:
    node, _ = a_node()
    actor = Coroutines()
    pid = node.spawn(actor)
    node.send(pid, Number(value=0))
    node.send(pid, Number(value=1))
    run(node)

    actor.gates[1].set(11)
    run(node)
    actor.gates[0].set(10)
    run(node)

    assert actor.story == [11, 10]


def test_a_coroutine_may_wait_more_than_once() -> None:
    node, _ = a_node()
    actor = Coroutines()
    future = node.dispatch(node.spawn(actor), Coroutines.both)
    run(node)

    actor.gates[0].set(1)
    run(node)
    assert future.is_pending
    actor.gates[1].set(2)
    run(node)

    assert future.get() == 3


class Unchecked:
    """An awaitable of somebody's own, which does not look whether there is anything to wait for."""

    def __init__(self, future: Future[int]) -> None:
        self.future = future

    def __await__(self) -> Generator[Future[int], None, int]:
        yield self.future
        return self.future.get()


class Waiters(Process):
    async def unchecked(self, future: Future[int]) -> int:
        return await Unchecked(future)

    async def refuse(self, future: Future[int]) -> int:
        raise ProtocolError(f"{await future} is too many")


def test_a_coroutine_that_waits_for_what_is_there_already_goes_on() -> None:
    node, _ = a_node()

    future = node.dispatch(node.spawn(Waiters()), Waiters.unchecked, ready(7))
    run(node)

    assert future.get() == 7


def test_a_coroutine_that_is_over_is_not_kept_however_it_ended() -> None:
    node, _ = a_node()
    pid = node.spawn(Waiters())
    gate: Promise[int] = Promise()
    returned, refused = node.dispatch(pid, Waiters.unchecked, gate), node.dispatch(pid, Waiters.refuse, gate)
    run(node)
    assert node.kernel.coroutines.waiting(pid.id) == 2

    gate.set(8)
    run(node)

    assert returned.get() == 8
    assert isinstance(refused.failure, ProtocolError)
    assert node.kernel.coroutines.waiting(pid.id) == 0
    assert pid.id in node.kernel.mailboxes


def test_a_coroutine_whose_turn_had_come_when_its_actor_ends_is_abandoned() -> None:
    node, _ = a_node()
    actor = Coroutines()
    pid = node.spawn(actor)
    future = node.dispatch(pid, Coroutines.both)
    node.send(pid, Number(value=0))
    run(node)

    actor.gates[0].set(1)
    node.terminate(pid)
    run(node)

    assert future.abandoned
    assert actor.story == []


def test_a_failure_behind_a_wait_ends_the_actor_and_fails_the_future() -> None:
    node, _ = a_node()
    actor = Coroutines()
    pid = node.spawn(actor)
    future = node.dispatch(pid, Coroutines.both)
    run(node)

    actor.gates[0].fail(RuntimeError("broken"))
    run(node)

    assert isinstance(future.failure, RuntimeError)
    assert node.wait(pid).get() is False


def test_an_actor_that_ends_with_work_left_leaves_nothing_in_the_run_queue() -> None:
    node, _ = a_node()
    pid = node.spawn(Coroutines())

    node.dispatch(pid, Coroutines.end_with_work_left)
    run(node)

    assert node.wait(pid).get() is False
    assert not node.kernel.runnable
    assert node.kernel.idle
    assert node.metrics.counter("libprocess/dropped/purged").value == 1


def test_terminating_a_stranger_is_counted_and_changes_nothing() -> None:
    node, _ = a_node()
    pid = node.spawn(Collector())

    node.terminate(PID("missing", node.address))
    node.terminate(PID(pid.id, Address("10.0.0.2", 5050)))
    run(node)

    assert node.wait(pid).is_pending
    assert node.metrics.counter("libprocess/dropped/no_such_process").value == 2


class Chaos(Process):
    """Does to itself what a test tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.initialized = self.finalized = self.served = 0

    def initialize(self) -> None:
        self.initialized += 1

    def finalize(self) -> None:
        self.finalized += 1

    def act(self, what: str) -> None:
        assert self.initialized == 1
        assert self.finalized == 0
        self.served += 1
        if what == "end":
            self.terminate()
        elif what == "drain":
            self.terminate(inject=False)
        elif what == "again":
            self.dispatch(self.pid, Chaos.act, "nothing")
        elif what == "fail":
            raise RuntimeError("as told")


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["end", "drain", "again", "fail", "nothing"]), st.just(0)),
            st.tuples(st.sampled_from(["terminate", "terminate softly"]), st.just(0)),
            st.tuples(st.just("step"), st.integers(1, 4)),
        ),
        max_size=25,
    )
)
def test_every_dispatch_is_served_once_or_abandoned_whatever_an_actor_does(actions: list[tuple[str, int]]) -> None:
    node, _ = a_node()
    actor = Chaos()
    pid = node.spawn(actor)
    waited = node.wait(pid)
    futures = []

    for action, budget in actions:
        if action == "step":
            node.step(budget=budget)
        elif action.startswith("terminate"):
            node.terminate(pid, inject=action == "terminate")
        else:
            futures.append(node.dispatch(pid, Chaos.act, action))
    run(node)

    assert all(future.abandoned != (not future.is_pending) for future in futures)
    assert sum(not future.is_pending for future in futures) <= actor.served
    assert actor.initialized == 1
    assert actor.finalized <= waited.is_ready
    assert waited.is_ready == (pid.id not in node.kernel.mailboxes)
    assert node.kernel.idle
    assert not node.kernel.runnable

"""What a class of actors declares: handlers, overrides, streams of chance."""

from __future__ import annotations

import pytest

from libprocess_py import PID, ActorFailed, Message, Policy, Process
from libprocess_py.process import Process as ProcessAgain
from tests.libprocess_py.still_driver import a_node, run


class First(Message):
    pass


class Second(Message):
    wire_name = "mesos.internal.Second"


class Base(Process):
    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []

    def first(self, sender: PID, message: First) -> None:
        self.story.append("base first")

    def second(self, sender: PID, message: Second) -> None:
        self.story.append("base second")


class Derived(Base):
    def first(self, sender: PID, message: First) -> None:
        self.story.append("derived first")


def test_an_override_handles_the_message_of_the_method_that_it_overrides() -> None:
    node, _ = a_node()
    derived = Derived()
    pid = node.spawn(derived)

    node.send(pid, First())
    node.send(pid, Second())
    run(node)

    assert derived.story == ["derived first", "base second"]


def test_a_message_is_known_to_the_wire_by_the_name_that_it_declares() -> None:
    node, _ = a_node()
    base = Base()
    pid = node.spawn(base)

    node.deliver(pid.id, None, name="mesos.internal.Second", body=b"{}")
    node.deliver(pid.id, None, name="Second", body=b"{}")
    run(node)

    assert base.story == ["base second"]
    assert node.metrics.counter("libprocess/dropped/unknown_message").value == 1


def test_a_stream_of_chance_is_the_same_object_for_the_same_name() -> None:
    node, _ = a_node()
    left, right = Base(), Base()
    node.spawn(left)
    node.spawn(right)

    assert left.random("backoff") is left.random("backoff")
    assert left.random("backoff") is not left.random("other")
    assert left.random("backoff").random() != right.random("backoff").random()


class Waiter(Process):
    async def see_off(self, pid: PID) -> bool:
        return await self.end_of(pid)


def test_an_actor_awaits_the_end_of_another_and_serves_meanwhile() -> None:
    node, _ = a_node()
    other, waiter = node.spawn(Base()), node.spawn(Waiter())

    seen_off = node.dispatch(waiter, Waiter.see_off, other)
    served = node.dispatch(waiter, lambda actor: actor.pid)
    run(node)
    assert seen_off.is_pending
    assert served.get() == waiter
    node.terminate(other)
    run(node)

    assert seen_off.get() is True


def test_who_waits_for_no_actor_is_told_so() -> None:
    node, _ = a_node()
    waiter = node.spawn(Waiter())

    seen_off = node.dispatch(waiter, Waiter.see_off, PID("gone", node.address))
    run(node)

    assert seen_off.get() is False


def test_an_actor_that_waits_for_itself_is_refused() -> None:
    node, _ = a_node()
    waiter = node.spawn(Waiter())

    seen_off = node.dispatch(waiter, Waiter.see_off, waiter)
    run(node)

    assert isinstance(seen_off.failure, ValueError)


def test_the_kinds_of_events_that_are_counted_have_names() -> None:
    with pytest.raises(ValueError, match="kind 'mail': expected one of dispatch, exited, http, "):
        Base().event_count("mail")


def test_a_process_without_a_class_of_its_own_can_be_spawned() -> None:
    node, _ = a_node()

    pid = node.spawn(ProcessAgain())
    future = node.dispatch(pid, lambda actor: actor.pid.id)
    run(node)

    assert future.get() == "process(1)"


class Forgetful(Process):
    def __init__(self) -> None:
        self.number = 1


def test_an_actor_that_was_not_made_whole_is_refused_with_the_reason() -> None:
    node, _ = a_node()

    with pytest.raises(TypeError, match=r"Forgetful: its __init__ does not call super\(\).__init__\(\)"):
        node.spawn(Forgetful())


def test_an_actor_that_is_spawned_again_is_refused_and_unharmed() -> None:
    node, _ = a_node()
    actor = Process()
    pid = node.spawn(actor, mailbox_max=1)
    refused = node.dispatch(pid, lambda _: None)

    for _ in range(2):
        with pytest.raises(ValueError, match=r"process\(1\)@10.0.0.1:5050: an actor is spawned once"):
            node.spawn(actor, mailbox_max=5)
        run(node)

    assert actor.pid == pid
    assert refused.is_ready
    node.terminate(pid)
    run(node)
    assert node.kernel.mailboxes == {}


def test_a_class_in_the_place_of_an_actor_is_refused_with_what_was_expected() -> None:
    node, _ = a_node()

    with pytest.raises(TypeError, match=r"Base is a class: expected an actor, Base\(\.\.\.\)"):
        node.spawn(Base)  # type: ignore[type-var]  # As in a program without types.


def test_a_delay_in_anything_but_whole_nanoseconds_is_refused() -> None:
    node, _ = a_node()
    actor = Base()
    node.spawn(actor)

    with pytest.raises(TypeError, match=r"delay of 0\.5: expected nanoseconds, an int"):
        actor.delay(0.5, print)  # type: ignore[arg-type]  # As in a program without types.


def test_what_is_no_message_fails_its_receiver_in_words_and_nobody_else() -> None:
    node, _ = a_node()
    receiver, other = Base(), Base()
    node.spawn(other)
    node.spawn(receiver, Policy.FAIL)

    node.send(receiver.pid, {"a": 1})  # type: ignore[arg-type]  # As in a program without types.
    with pytest.raises(
        ActorFailed, match=r"base\(2\).* failed in dict: TypeError: .* sent \{'a': 1\}: expected a Mess"
    ):
        run(node)

    node.send(other.pid, First())
    run(node)
    assert other.story == ["base first"]

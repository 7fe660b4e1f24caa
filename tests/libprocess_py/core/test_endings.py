"""How actors leave while callbacks of others do what they like: spawn the next one, send it more, raise."""

from __future__ import annotations

import pytest

from libprocess_py import PID, ActorFailed, Message, NodeOptions, Policy, Process, Promise, ProtocolError
from tests.conformance.runtime.actors import Note, Recorder
from tests.libprocess_py.still_driver import a_node, run


class Diary(Recorder):
    """Writes down what became of its messages, too."""

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        self.story.append(reason)

    def nothing(self) -> None:
        pass


class LeavesBadly(Process):
    def __init__(self, error: Exception) -> None:
        super().__init__("bad")
        self._error = error

    def finalize(self) -> None:
        raise self._error


class Heir(Process):
    """Is linked to another, and keeps what that one failed with."""

    def __init__(self, to: PID) -> None:
        super().__init__()
        self.to = to
        self.heard: list[Exception | None] = []

    def initialize(self) -> None:
        self.link(self.to)

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        self.heard.append(failure)


@pytest.mark.parametrize("is_initialized", [True, False])
def test_what_a_callback_of_the_purge_sends_is_not_served_any_more(is_initialized: bool) -> None:
    node, _ = a_node()
    diary = Diary()
    pid = node.spawn(diary)
    if is_initialized:
        run(node)

    node.dispatch(pid, Diary.nothing).on_abandoned(lambda _: node.send(pid, Note()))
    node.terminate(pid)
    run(node)

    assert diary.story == ["initialize", "finalize"]


@pytest.mark.parametrize("is_initialized", [True, False])
def test_an_actor_that_is_told_to_end_is_not_told_what_became_of_its_messages_to_itself(is_initialized: bool) -> None:
    node, _ = a_node()
    diary = Diary()
    pid = node.spawn(diary)
    if is_initialized:
        run(node)
    node.send(pid, Note(), sender=pid)

    node.terminate(pid)
    run(node)

    assert diary.story == ["initialize", "finalize"]


def test_an_actor_is_told_to_end_although_a_callback_of_the_purge_raises() -> None:
    node, _ = a_node()
    diary = Diary()
    pid = node.spawn(diary)
    node.dispatch(pid, Diary.nothing).on_abandoned(lambda _: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        node.terminate(pid)
    run(node)

    assert diary.story == ["initialize", "finalize"]


def test_who_is_spawned_while_an_actor_of_the_same_id_leaves_is_not_taken_for_it() -> None:
    node, _ = a_node()
    first, second, friend, rival = Diary("x"), Diary("x"), Diary("friend"), Diary("rival")
    pid = node.spawn(first)
    for actor in (friend, rival):
        node.spawn(actor)
    friend.link(pid)
    waits = [node.wait(pid)]

    def replace(_: object) -> None:
        node.spawn(second)
        waits.append(node.wait(pid))
        rival.link(pid)
        second.link(rival.pid)

    node.terminate(pid, inject=False)
    node.dispatch(pid, Diary.nothing).on_abandoned(replace)  # Is queued behind the end, so it is dropped there.
    run(node)

    assert [wait.is_ready for wait in waits] == [True, False]
    assert friend.story == ["initialize", ("exited", "x")]
    assert rival.story == ["initialize"]
    node.terminate(rival.pid)
    run(node)
    assert second.story == ["initialize", ("exited", "rival")]
    node.kernel.links.check()


def test_an_actor_that_has_ended_is_linked_to_nobody() -> None:
    node, driver = a_node()
    ended, other = Diary("ended"), Diary("other")
    for actor in (ended, other):
        node.spawn(actor)
    node.terminate(ended.pid)
    run(node)

    for to in (other.pid, PID.parse("x@10.0.0.2:1")):
        ended.link(to)

    assert node.kernel.links.linkers == {}
    assert driver.calls == []


def test_who_gives_up_waiting_for_an_end_leaves_nothing_behind() -> None:
    node, _ = a_node()
    diary = Diary()
    pid = node.spawn(diary)
    patient = node.wait(pid)

    hasty = [node.wait(pid) for _ in range(3)]
    for wait in hasty:
        wait.discard()

    assert all(wait.is_discarded for wait in hasty)
    assert list(node.kernel.waiters[pid.id]) == [patient]
    patient.discard()
    assert node.kernel.waiters == {}
    node.terminate(pid)
    run(node)
    assert diary.story == ["initialize", "finalize"]


def test_who_gives_up_waiting_when_others_are_told_already_is_told_too() -> None:
    node, _ = a_node()
    pid = node.spawn(Diary())
    first, second = node.wait(pid), node.wait(pid)
    first.on_ready(lambda _: second.discard())

    node.terminate(pid)
    run(node)

    assert second.get() is True


@pytest.mark.parametrize("error", [ValueError("no pen"), None])
def test_linked_actors_hear_what_finalize_raised(error: Exception | None) -> None:
    node, _ = a_node()
    pid = node.spawn(Diary("bad") if error is None else LeavesBadly(error))
    heir = Heir(pid)
    node.spawn(heir)
    run(node)

    node.terminate(pid)
    run(node)

    assert heir.heard == [error]
    assert node.metrics.counter("libprocess/failures").value == (error is not None)


def test_a_protocol_error_of_finalize_is_no_failure() -> None:
    node, _ = a_node()
    pid = node.spawn(LeavesBadly(ProtocolError("late")))

    node.terminate(pid)
    run(node)

    assert node.metrics.counter("libprocess/protocol_errors").value == 1
    assert node.metrics.counter("libprocess/failures").value == 0
    assert pid.id not in node.kernel.mailboxes


@pytest.mark.parametrize("own", Policy)
def test_the_policy_given_at_spawn_counts_for_finalize_too(own: Policy) -> None:
    node, driver = a_node(NodeOptions(policy=Policy.ABORT_NODE if own is Policy.END_ACTOR else Policy.END_ACTOR))
    error = ValueError("no pen")
    pid = node.spawn(LeavesBadly(error), policy=own)
    ended = node.wait(pid)

    node.terminate(pid)
    if own is Policy.FAIL:
        with pytest.raises(ActorFailed) as raised:
            run(node)
        assert raised.value.__cause__ is error
    else:
        run(node)

    assert driver.error is (error if own is Policy.ABORT_NODE else None)
    assert ended.get() is True


def test_a_callback_of_an_abandoned_answer_that_raises_does_not_end_who_gave_it() -> None:
    node, _ = a_node()
    diary = Diary()
    pid = node.spawn(diary)
    gone: Promise[None] = Promise()
    gone.abandon()

    node.dispatch(pid, lambda _: gone).on_abandoned(lambda _: 1 // 0)
    node.send(pid, Note(number=1))
    run(node)

    assert diary.story == ["initialize", 1]
    assert node.metrics.counter("libprocess/failures").value == 1


def test_the_next_actor_of_an_id_inherits_neither_policy_nor_fame() -> None:
    node, driver = a_node()
    node.spawn(Diary("x"), Policy.ABORT_NODE)
    pid = PID("x", node.address)
    node.kernel.crowds.note(pid.id, 10_000)
    node.terminate(pid)
    run(node)

    node.spawn(Diary("x"))
    node.dispatch(pid, lambda _: 1 // 0)
    run(node)

    assert driver.error is None
    assert pid.id not in node.kernel.mailboxes
    assert node.kernel.crowds.marks == {}


def test_the_connection_to_a_node_is_given_back_when_the_last_there_is_known_to_have_ended() -> None:
    node, driver = a_node()
    diary = Diary()
    node.spawn(diary)
    first, second = (PID.parse(f"{name}@10.0.0.2:1") for name in ("first", "second"))
    for to in (first, second):
        diary.link(to)

    node.kernel.remote_ended(first, None)
    calls = list(driver.calls)
    node.kernel.remote_ended(second, None)
    run(node)

    assert [name for name, _ in calls] == ["connect", "connect"]
    assert driver.calls[2:] == [("disconnect", first.address)]
    assert diary.story == ["initialize", ("exited", "first"), ("exited", "second")]


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_callback_raises_while_an_actor_leaves_is_counted_once_beside_its_own_failure(fails: bool) -> None:
    node, _ = a_node()
    diary = Diary()
    pid = node.spawn(diary)
    ended = node.wait(pid)
    if fails:
        node.dispatch(pid, lambda _: 1 // 0)
    else:
        node.terminate(pid, inject=False)

    node.dispatch(pid, Diary.nothing).on_abandoned(lambda _: 1 // 0)
    run(node)

    assert ended.get() is True
    assert node.metrics.counter("libprocess/failures").value == 1 + fails
    assert node.metrics.counter("libprocess/dropped/terminated").value == 1


def test_what_waits_for_an_actor_that_brings_its_node_down_is_abandoned() -> None:
    node, driver = a_node(NodeOptions(policy=Policy.ABORT_NODE))
    pid = node.spawn(Diary())
    node.dispatch(pid, lambda _: 1 // 0)

    waits = node.dispatch(pid, Diary.nothing)
    run(node)

    assert isinstance(driver.error, ZeroDivisionError)
    assert waits.abandoned
    assert node.metrics.counter("libprocess/dropped/aborted").value == 1


def test_a_callback_that_blames_the_sender_blames_nobody() -> None:
    """The answer is given: who hears of it and raises a ProtocolError has failed like with any other exception."""
    node, _ = a_node()
    diary = Diary()

    def blame(_: object) -> None:
        raise ProtocolError("not you")

    node.dispatch(node.spawn(diary), Diary.nothing).on_ready(blame)
    run(node)

    assert node.metrics.counter("libprocess/failures").value == 1
    assert node.metrics.counter("libprocess/protocol_errors").value == 0
    assert diary.story == ["initialize"]

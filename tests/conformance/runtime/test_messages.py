"""Sending: order, delivery at most once, what becomes of messages that nobody takes."""

from __future__ import annotations

import pytest

from libprocess_py import NOBODY, PID, Node, NodeOptions, Process
from tests.conformance.runtime.actors import Asker, Note, Recorder, Responder, Unhandled
from tests.conformance.runtime.harness import Harness


class SenderRecorder(Process):
    """Keeps who sent what."""

    def __init__(self) -> None:
        super().__init__()
        self.senders: list[PID] = []

    def note(self, sender: PID, note: Note) -> None:
        self.senders.append(sender)


class NoteSender(Process):
    def notes(self, to: PID, count: int) -> None:
        for number in range(count):
            self.send(to, Note(number=number))


def test_messages_of_one_sender_arrive_in_order_on_the_same_node(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    to = node.spawn(recorder)

    node.dispatch(node.spawn(NoteSender()), NoteSender.notes, to, 5_000)
    harness.settle()

    assert recorder.numbers() == list(range(5_000))


def test_messages_of_one_sender_arrive_in_order_on_another_node(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    recorder = Recorder()
    to = there.spawn(recorder)

    here.dispatch(here.spawn(NoteSender()), NoteSender.notes, to, 500)
    harness.until(lambda: len(recorder.numbers()) >= 500)

    assert recorder.numbers() == list(range(500))


def test_an_answer_reaches_the_sender_across_nodes(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    responder = there.spawn(Responder("responder"))
    asker = Asker(responder)

    here.dispatch(here.spawn(asker), Asker.ask, 3)
    harness.until(lambda: len(asker.answers) >= 3)

    assert asker.answers == [0, 1, 2]
    assert asker.senders == [responder] * 3


def test_an_id_that_needs_escaping_is_reached_across_nodes(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    recorder = Recorder("a b/c%d(1)ü@x")
    to = there.spawn(recorder)

    here.dispatch(here.spawn(NoteSender()), NoteSender.notes, to, 1)
    harness.until(lambda: recorder.numbers() == [0])

    assert to.id == "a b/c%d(1)ü@x"


def test_a_message_from_outside_any_actor_has_nobody_as_its_sender(harness: Harness) -> None:
    node = harness.node()
    recorder = SenderRecorder()

    node.send(node.spawn(recorder), Note())
    harness.settle()

    assert recorder.senders == [NOBODY]


def test_a_message_to_nobody_is_dropped_and_counted(harness: Harness) -> None:
    node = harness.node()
    sender = node.spawn(NoteSender())

    node.dispatch(sender, NoteSender.notes, NOBODY, 2)
    harness.settle()

    assert node.metrics.counter("libprocess/dropped/no_sender").value == 2


def test_a_message_to_an_unknown_actor_is_dropped_and_counted(harness: Harness) -> None:
    node = harness.node()

    node.dispatch(node.spawn(NoteSender()), NoteSender.notes, PID("missing", node.address), 3)
    harness.settle()

    assert node.metrics.counter("libprocess/dropped/no_such_process").value == 3


def test_a_message_to_an_unknown_actor_of_another_node_is_counted_there(harness: Harness) -> None:
    here, there = harness.node(), harness.node()

    here.dispatch(here.spawn(NoteSender()), NoteSender.notes, PID("missing", there.address), 1)

    dropped = there.metrics.counter("libprocess/dropped/no_such_process")
    harness.until(lambda: dropped.value == 1)


def test_a_message_without_a_handler_is_dropped_and_counted(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    to = node.spawn(recorder)

    node.send(to, Unhandled())
    node.send(to, Note(number=1))
    harness.settle()

    assert recorder.numbers() == [1]
    assert node.metrics.counter("libprocess/dropped/unknown_message").value == 1


def test_a_message_without_a_handler_is_dropped_and_counted_on_another_node(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Recorder())

    here.send(to, Unhandled())

    dropped = there.metrics.counter("libprocess/dropped/unknown_message")
    harness.until(lambda: dropped.value == 1)


def test_a_delegate_gets_what_the_actor_does_not_handle(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    delegator = NoteSender()
    front = node.spawn(delegator)
    delegator.delegate("Note", node.spawn(recorder))

    node.send(front, Note(number=5))
    harness.settle()

    assert recorder.numbers() == [5]


def test_a_delegate_gets_what_came_from_another_node(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    recorder = Recorder()
    delegator = NoteSender()
    front = there.spawn(delegator)
    there.dispatch(front, NoteSender.delegate, "Note", there.spawn(recorder))

    here.send(front, Note(number=5))

    harness.until(lambda: recorder.numbers() == [5])


def test_local_messages_travel_by_reference(harness: Harness) -> None:
    assert _same_object(harness, harness.node())


def test_local_messages_are_copies_where_the_node_encodes_them(harness: Harness) -> None:
    assert not _same_object(harness, harness.node(NodeOptions(encode_local=True)))


def test_a_body_that_does_not_decode_changes_nothing_and_is_counted(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder("recorder")
    node.spawn(recorder)

    node.deliver("recorder", None, name="Note", body=b'{"number":"three"}')
    node.deliver("recorder", None, name="Note", body=b'{"number":4,"added_later":true}')
    harness.settle()

    assert recorder.numbers() == [4]
    assert node.metrics.counter("libprocess/malformed_messages").value == 1


class Keeper(Process):
    """Keeps the message itself."""

    kept: Note | None = None

    def note(self, sender: PID, note: Note) -> None:
        self.kept = note


class Giver(Process):
    def give(self, to: PID, note: Note) -> None:
        self.send(to, note)


def _same_object(harness: Harness, node: Node) -> bool:
    keeper, note = Keeper(), Note(number=9)
    to = node.spawn(keeper)
    node.dispatch(node.spawn(Giver()), Giver.give, to, note)
    harness.settle()
    assert keeper.kept == note
    return keeper.kept is note


def test_a_handler_wins_over_a_delegate(harness: Harness) -> None:
    node = harness.node()
    front, back = Recorder(), Recorder()
    node.spawn(front)
    front.delegate("Note", node.spawn(back))

    node.send(front.pid, Note(number=5))
    harness.settle()

    assert (front.numbers(), back.numbers()) == ([5], [])


def test_delegates_in_a_circle_are_refused(harness: Harness) -> None:
    node = harness.node()
    actors = [NoteSender() for _ in range(3)]
    pids = [node.spawn(actor) for actor in actors]
    actors[0].delegate("Unhandled", pids[1])
    actors[1].delegate("Unhandled", pids[2])

    for actor in actors[1:]:
        with pytest.raises(ValueError, match="would pass it back"):
            actor.delegate("Unhandled", actor.pid)
    with pytest.raises(ValueError, match="would pass it back"):
        actors[2].delegate("Unhandled", pids[0])

    actors[2].delegate("Note", pids[0])  # Another name is another way.

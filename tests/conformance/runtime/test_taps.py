"""Taps see, drop and delay events on real nodes as in simulation; what a test receives at is on its own node."""

from __future__ import annotations

from typing import Final

from libprocess_py.events import EXITED
from libprocess_py.node import Node
from libprocess_py.testing import Taps
from tests.conformance.runtime.actors import Asker, Note, Question, Recorder, Responder
from tests.conformance.runtime.harness import Harness

MS: Final = 1_000_000


class Stage:
    """A recorder on one node, and the other node."""

    def __init__(self, harness: Harness) -> None:
        self.node: Node = harness.node()
        self.other: Node = harness.node()
        self.taps = Taps()
        self.node.observe(self.taps)
        self.recorder = Recorder("recorder")
        self.to = self.node.spawn(self.recorder)
        harness.settle()

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.other.send(self.to, Note(number=number))


def test_an_expected_message_is_told_when_it_comes_and_its_actor_gets_it_too(harness: Harness) -> None:
    stage = Stage(harness)
    expected = stage.taps.expect(Note, to=stage.to, where=lambda note: note.number == 2)

    stage.send(1, 2, 3)

    harness.until(lambda: stage.recorder.numbers() == [1, 2, 3])
    assert expected.get() == Note(number=2)


def test_dropped_messages_do_not_come_and_are_counted(harness: Harness) -> None:
    stage = Stage(harness)
    tap = stage.taps.drop(Note, times=2)

    stage.send(1, 2, 3)

    harness.until(lambda: stage.recorder.numbers() == [3])
    assert [note.number for note in tap.taken] == [1, 2]
    assert stage.node.metrics.counter("libprocess/dropped/filtered").value == 2


def test_a_delayed_message_comes_later_and_is_overtaken(harness: Harness) -> None:
    stage = Stage(harness)
    stage.taps.delay(Note, by_ns=20 * MS, times=1)

    stage.send(1, 2)

    harness.until(lambda: stage.recorder.numbers() == [2, 1])


def test_a_dropped_question_of_an_actor_elsewhere_has_no_answer(harness: Harness) -> None:
    stage = Stage(harness)
    asker = Asker(stage.node.spawn(Responder()))
    stage.other.spawn(asker)
    stage.taps.drop(Question, where=lambda question: question.number == 1)

    stage.other.dispatch(asker.pid, Asker.ask, 3)

    harness.until(lambda: asker.answers == [0, 2])


def test_a_dropped_call_is_abandoned_and_a_delayed_one_answers(harness: Harness) -> None:
    stage = Stage(harness)
    stage.taps.delay(Recorder.add, by_ns=MS, where=lambda arguments: arguments[0] == 2)
    stage.taps.drop(Recorder.add, where=lambda arguments: arguments[0] == 1)

    dropped = stage.node.dispatch(stage.to, Recorder.add, 1)
    delayed = stage.node.dispatch(stage.to, Recorder.add, 2)

    harness.until(lambda: delayed.is_ready)
    assert dropped.abandoned


def test_a_dropped_end_is_not_told_and_an_injected_one_is(harness: Harness) -> None:
    stage = Stage(harness)
    asker = Asker(stage.to)
    stage.node.dispatch(stage.node.spawn(asker), Asker.watch)
    harness.settle()
    stage.taps.drop(EXITED, to=asker.pid, times=1)

    stage.node.terminate(stage.to)
    harness.settle()
    assert asker.lost == []
    stage.taps.inject_exited(asker, stage.to)
    harness.settle()

    assert asker.lost == [stage.to]

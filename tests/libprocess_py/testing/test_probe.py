"""Probes: actors to send from and to receive at."""

from __future__ import annotations

import pytest

from libprocess_py import PID, Message, Process
from libprocess_py.sim import Simulation
from libprocess_py.testing import Probe, TestKit


class ProbedQuestion(Message):
    number: int


class ProbedAnswer(Message):
    number: int


class Ambiguous(Message):
    """Has a namesake."""


class Namesake(Message):
    wire_name = "Ambiguous"


class Answering(Process):
    def question(self, sender: PID, question: ProbedQuestion) -> None:
        self.send(sender, ProbedAnswer(number=question.number))


class Stage:
    """A probe, and somebody who answers on the same node or on another."""

    def __init__(self, *, far: bool) -> None:
        self.simulation = Simulation(seed=1)
        self.kit = TestKit(self.simulation)
        self.node = self.simulation.node("10.0.0.1")
        self.other = self.simulation.node("10.0.0.2") if far else self.node
        self.answering = self.other.spawn(Answering())
        self.probe = self.kit.probe(self.node)


@pytest.mark.parametrize("far", [False, True])
def test_a_probe_asks_and_gets_its_answer(far: bool) -> None:
    stage = Stage(far=far)

    answer = stage.probe.ask(stage.answering, ProbedQuestion(number=4), answer=ProbedAnswer)

    assert stage.kit.result(answer) == ProbedAnswer(number=4)
    assert stage.probe.received == [(stage.answering, ProbedAnswer(number=4))]
    assert stage.probe.messages(ProbedAnswer) == [ProbedAnswer(number=4)]
    assert stage.probe.messages(ProbedQuestion) == []


def test_expectations_of_one_type_are_met_in_their_order() -> None:
    stage = Stage(far=True)

    first, second = stage.probe.expect(ProbedAnswer), stage.probe.expect(ProbedAnswer)
    other = stage.probe.expect(ProbedQuestion)
    for number in (1, 2):
        stage.probe.send(stage.answering, ProbedQuestion(number=number))
    stage.kit.advance(1_000_000_000)

    assert (first.get().number, second.get().number) == (1, 2)
    assert other.is_pending


def test_a_probe_hears_of_ends_and_what_it_expects_ends_with_it() -> None:
    stage = Stage(far=False)
    expected = stage.probe.expect(ProbedAnswer)
    stage.probe.link(stage.answering)

    stage.node.terminate(stage.answering)
    stage.kit.settle()
    assert stage.probe.exits == [stage.answering]
    stage.node.terminate(stage.probe.pid)
    stage.kit.settle()

    assert expected.abandoned


def test_a_name_of_two_types_needs_to_be_told_which_one_is_meant() -> None:
    stage = Stage(far=True)
    knowing = stage.kit.probe(stage.node, "knowing", understands=(Namesake,))

    stage.other.send(knowing.pid, Ambiguous())
    stage.kit.advance(1_000_000_000)
    assert [type(message) for _, message in knowing.received] == [Namesake]

    stage.other.send(stage.probe.pid, Ambiguous())
    with pytest.raises(ValueError, match="understands"):
        stage.kit.advance(1_000_000_000)


def test_what_nobody_declared_is_dropped() -> None:
    stage = Stage(far=False)

    stage.node.deliver(stage.probe.pid.id, None, name="NobodyDeclaredThis", body=b"{}")
    stage.kit.settle()

    assert stage.probe.received == []


def test_a_probe_is_an_actor_with_an_id_of_its_kind() -> None:
    assert Stage(far=False).probe.pid.id == "probe(1)"
    assert Probe.id_prefix == "probe"

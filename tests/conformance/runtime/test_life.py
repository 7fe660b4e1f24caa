"""How actors come and go: ids, initialize, terminate in both ways, wait, and what becomes of those who fail."""

from __future__ import annotations

import pytest

from libprocess_py import NodeOptions, Policy, Process
from tests.conformance.runtime.actors import Note, Recorder, Responder
from tests.conformance.runtime.harness import Harness


class Suicide(Recorder):
    """Ends itself while it has more to do."""

    def end(self, inject: bool) -> None:
        self.story.append("end")
        self.terminate(inject=inject)


class Parent(Process):
    """Spawns from inside."""

    def __init__(self) -> None:
        super().__init__()
        self.child = Recorder("child")

    def initialize(self) -> None:
        self.spawn(self.child)


def test_initialize_runs_in_the_actors_own_turn_and_before_any_event(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()

    pid = node.spawn(recorder)
    node.send(pid, Note(number=1))
    before = list(recorder.story)
    harness.settle()

    assert before == []
    assert recorder.story == ["initialize", 1]


def test_an_actor_without_an_id_is_numbered_per_class(harness: Harness) -> None:
    node = harness.node()

    ids = [node.spawn(actor).id for actor in (Recorder(), Recorder(), Responder())]

    assert ids == ["recorder(1)", "recorder(2)", "responder(1)"]


class Prefixed(Recorder):
    id_prefix = "scribe"


def test_a_class_may_name_what_stands_before_the_number(harness: Harness) -> None:
    assert harness.node().spawn(Prefixed()).id == "scribe(1)"


def test_numbers_step_over_ids_that_are_taken(harness: Harness) -> None:
    node = harness.node()
    node.spawn(Recorder("recorder(1)"))

    assert node.spawn(Recorder()).id == "recorder(2)"


def test_an_id_is_taken_while_its_actor_lives_and_free_afterwards(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Recorder("same"))

    assert node.try_spawn(Recorder("same")) is None
    with pytest.raises(ValueError, match="same"):
        node.spawn(Recorder("same"))

    node.terminate(pid)
    harness.settle()
    assert node.spawn(Recorder("same")) == pid


def test_an_actor_has_no_pid_before_it_is_spawned() -> None:
    with pytest.raises(AssertionError):
        _ = Recorder("early").pid


def test_an_actor_spawns_another(harness: Harness) -> None:
    node = harness.node()
    parent = Parent()

    node.spawn(parent)
    harness.settle()

    assert parent.child.story == ["initialize"]


def test_terminate_drops_what_is_queued(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    pid = node.spawn(recorder)
    harness.settle()

    node.send(pid, Note(number=1))
    node.terminate(pid)
    node.send(pid, Note(number=2))
    harness.settle()

    assert recorder.story == ["initialize", "finalize"]
    assert node.metrics.counter("libprocess/dropped/purged").value == 1
    assert node.metrics.counter("libprocess/dropped/terminated").value == 1


def test_terminate_without_inject_serves_what_is_queued(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    pid = node.spawn(recorder)

    node.send(pid, Note(number=1))
    node.terminate(pid, inject=False)
    node.send(pid, Note(number=2))
    harness.settle()

    assert recorder.story == ["initialize", 1, "finalize"]


def test_an_actor_that_is_terminated_at_once_is_initialized_and_finalized(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()

    pid = node.spawn(recorder)
    node.send(pid, Note(number=1))
    node.terminate(pid)
    harness.settle()

    assert recorder.story == ["initialize", "finalize"]


@pytest.mark.parametrize(
    ("inject", "story"),
    [(True, ["initialize", 1, "end", "finalize"]), (False, ["initialize", 1, "end", 2, "finalize"])],
)
def test_an_actor_ends_itself_in_the_middle_of_a_turn(harness: Harness, inject: bool, story: list[object]) -> None:
    node = harness.node()
    actor = Suicide()
    pid = node.spawn(actor)

    node.send(pid, Note(number=1))
    node.dispatch(pid, Suicide.end, inject)
    node.send(pid, Note(number=2))
    harness.settle()

    assert actor.story == story


def test_terminating_twice_finalizes_once(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    pid = node.spawn(recorder)

    node.terminate(pid)
    node.terminate(pid)
    node.terminate(pid, inject=False)
    harness.settle()

    assert recorder.story == ["initialize", "finalize"]


def test_wait_is_true_once_the_actor_has_ended(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Recorder())
    waited = node.wait(pid)
    harness.settle()
    assert waited.is_pending

    node.terminate(pid)
    harness.settle()

    assert waited.get() is True


def test_wait_is_false_for_an_unknown_actor(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Recorder())
    node.terminate(pid)
    harness.settle()

    assert node.wait(pid).get() is False


def test_a_failing_actor_ends_without_finalize_and_the_others_go_on(harness: Harness) -> None:
    node = harness.node()
    recorder, bystander = Recorder(), Recorder()
    pid = node.spawn(recorder)
    other = node.spawn(bystander)

    node.dispatch(pid, lambda actor: 1 // 0)
    node.send(pid, Note(number=1))
    node.send(other, Note(number=2))
    harness.settle()

    assert recorder.story == ["initialize"]
    assert bystander.story == ["initialize", 2]
    assert node.wait(pid).get() is False
    assert node.metrics.counter("libprocess/failures").value == 1


def test_a_failing_finalize_does_not_keep_the_actor_alive(harness: Harness) -> None:
    class BadEnd(Process):
        def finalize(self) -> None:
            raise RuntimeError("even the end fails")

    node = harness.node()
    pid = node.spawn(BadEnd())
    waited = node.wait(pid)

    node.terminate(pid)
    harness.settle()

    assert waited.get() is True


def test_a_node_that_finalizes_ends_every_actor_and_spawns_none(harness: Harness) -> None:
    node = harness.node()
    recorders = [Recorder() for _ in range(3)]
    for recorder in recorders:
        node.spawn(recorder)

    done = node.finalize()
    harness.settle()

    assert done.is_ready
    assert [recorder.story for recorder in recorders] == [["initialize", "finalize"]] * 3
    with pytest.raises(RuntimeError):
        node.spawn(Recorder())


def test_an_actor_may_be_spawned_with_a_policy_of_its_own(harness: Harness) -> None:
    node = harness.node(NodeOptions(policy=Policy.ABORT_NODE))
    pid = node.spawn(Responder(), Policy.END_ACTOR)
    waited = node.wait(pid)

    node.dispatch(pid, Responder.fail)
    harness.settle()

    assert waited.get() is True
    assert node.spawn(Recorder()).id == "recorder(1)"

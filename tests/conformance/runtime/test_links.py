"""Links: who hears of whose end, on this node and on others."""

from __future__ import annotations

from libprocess_py import PID, Process
from tests.conformance.runtime.actors import Asker, Recorder, Responder
from tests.conformance.runtime.harness import Harness


def _linked(harness: Harness) -> tuple[Asker, PID]:
    """An actor that is linked to another of its node; returns it and the other's pid."""
    node = harness.node()
    to = node.spawn(Responder())
    asker = Asker(to)
    node.dispatch(node.spawn(asker), Asker.watch)
    harness.settle()
    return asker, to


def test_a_linked_actor_hears_of_the_end_of_another(harness: Harness) -> None:
    asker, to = _linked(harness)

    asker.node.terminate(to)
    harness.settle()

    assert asker.lost == [to]


def test_a_linked_actor_hears_of_the_failure_of_another(harness: Harness) -> None:
    asker, to = _linked(harness)

    asker.node.dispatch(to, Responder.fail)
    harness.settle()

    assert asker.lost == [to]


def test_linking_twice_tells_once(harness: Harness) -> None:
    asker, to = _linked(harness)
    asker.node.dispatch(asker.pid, Asker.watch)
    harness.settle()

    asker.node.terminate(to)
    harness.settle()

    assert asker.lost == [to]


def test_those_who_are_linked_are_told_in_the_order_in_which_they_linked(harness: Harness) -> None:
    story: list[str] = []

    class Watcher(Asker):
        def exited(self, pid: PID) -> None:
            story.append(self.pid.id)

    node = harness.node()
    to = node.spawn(Responder())
    for _ in range(4):
        node.dispatch(node.spawn(Watcher(to)), Watcher.watch)
    harness.settle()

    node.terminate(to)
    harness.settle()

    assert story == ["watcher(1)", "watcher(2)", "watcher(3)", "watcher(4)"]


def test_the_links_of_an_actor_end_with_it_and_are_not_its_successors(harness: Harness) -> None:
    node = harness.node()
    to = node.spawn(Responder())
    first, second = Asker(to, "same"), Asker(to, "same")
    node.dispatch(node.spawn(first), Asker.watch)
    node.terminate(first.pid, inject=False)
    harness.settle()
    node.spawn(second)

    node.terminate(to)
    harness.settle()

    assert first.lost == second.lost == []


def test_a_link_is_one_way(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    asker = Asker(node.spawn(recorder))
    pid = node.spawn(asker)
    node.dispatch(pid, Asker.watch)
    harness.settle()

    node.terminate(pid)
    harness.settle()

    assert recorder.story == ["initialize"]


def test_linking_to_an_unknown_actor_tells_at_once(harness: Harness) -> None:
    node = harness.node()
    missing = PID("missing", node.address)
    asker = Asker(missing)

    node.dispatch(node.spawn(asker), Asker.watch)
    harness.settle()

    assert asker.lost == [missing]


def test_an_actor_hears_of_the_end_before_its_wait_returns(harness: Harness) -> None:
    class Watcher(Process):
        def __init__(self, to: PID) -> None:
            super().__init__()
            self.to = to
            self.story: list[str] = []

        async def watch(self) -> None:
            self.link(self.to)
            await self.node.wait(self.to)
            self.story.append("waited")

        def exited(self, pid: PID) -> None:
            self.story.append("exited")

    node = harness.node()
    to = node.spawn(Recorder())
    watcher = Watcher(to)
    node.dispatch(node.spawn(watcher), Watcher.watch)
    harness.settle()

    node.terminate(to)
    harness.settle()

    assert watcher.story == ["exited", "waited"]


def test_a_linked_actor_hears_of_the_crash_of_the_other_node(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Responder())
    asker = Asker(to)
    here.dispatch(here.spawn(asker), Asker.watch)
    here.dispatch(asker.pid, Asker.ask, 1)
    harness.until(lambda: asker.answers == [0])

    harness.crash(there)

    harness.until(lambda: asker.lost == [to])


def test_a_link_over_a_connection_that_was_there_is_told_of_its_loss(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Responder())
    asker = Asker(to)
    here.dispatch(here.spawn(asker), Asker.ask, 1)
    harness.until(lambda: asker.answers == [0])

    here.dispatch(asker.pid, Asker.watch)
    harness.settle()
    harness.crash(there)

    harness.until(lambda: asker.lost == [to])


def test_linking_to_a_node_that_is_not_there_tells_soon(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Responder())
    harness.settle()
    harness.crash(there)
    asker = Asker(to)

    here.dispatch(here.spawn(asker), Asker.watch)

    harness.until(lambda: asker.lost == [to])


def test_a_link_after_a_loss_is_a_new_link(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Responder())
    harness.settle()
    harness.crash(there)
    asker = Asker(to)
    here.dispatch(here.spawn(asker), Asker.watch)
    harness.until(lambda: len(asker.lost) == 1)

    here.dispatch(asker.pid, Asker.watch)

    harness.until(lambda: len(asker.lost) == 2)


def test_the_end_of_a_remote_actor_is_not_told_while_its_node_lives(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Responder())
    asker, probe = Asker(to), Asker(there.spawn(Responder()))
    here.dispatch(here.spawn(asker), Asker.watch)
    here.spawn(probe)

    there.terminate(to)
    here.dispatch(probe.pid, Asker.ask, 1)
    harness.until(lambda: probe.answers == [0])

    assert there.wait(to).get() is False
    assert asker.lost == []


def test_all_actors_linked_to_a_crashed_node_are_told(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    first, second = there.spawn(Responder()), there.spawn(Responder())
    askers = [Asker(first), Asker(second), Asker(first)]
    for asker in askers:
        here.dispatch(here.spawn(asker), Asker.watch)
        here.dispatch(asker.pid, Asker.ask, 1)
    harness.until(lambda: all(asker.answers for asker in askers))

    harness.crash(there)

    harness.until(lambda: [asker.lost for asker in askers] == [[first], [second], [first]])


def test_linking_over_a_new_connection_is_no_loss_and_the_link_holds(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    to = there.spawn(Responder())
    askers = [Asker(to), Asker(to)]
    for asker in askers:
        here.dispatch(here.spawn(asker), Asker.watch)
        here.dispatch(asker.pid, Asker.ask, 1)
    harness.until(lambda: all(asker.answers for asker in askers))

    here.dispatch(askers[0].pid, Asker.watch_anew)
    here.dispatch(askers[0].pid, Asker.ask, 2)
    harness.until(lambda: askers[0].answers == [0, 0, 1])
    assert [asker.lost for asker in askers] == [[], []]

    harness.crash(there)
    harness.until(lambda: [asker.lost for asker in askers] == [[to], [to]])


def test_linking_anew_to_an_actor_of_the_same_node_is_an_ordinary_link(harness: Harness) -> None:
    asker, to = _linked(harness)
    asker.node.dispatch(asker.pid, Asker.watch_anew)
    harness.settle()

    asker.node.terminate(to)
    harness.settle()

    assert asker.lost == [to]

"""Actors on other nodes, on virtual time: spawned, called, told, ended and watched from here."""

from __future__ import annotations

from typing import Any, cast

import pytest

from libprocess_py import PID, MailboxClosed, Policy, Process, RemoteDispatch
from libprocess_py.deploy import RemoteError, Spawner, SpawnFailed
from libprocess_py.deploy.messages import SPAWNER_ID, End, Ended, Watch
from libprocess_py.deploy.remotes import UNDER_WAY_MAX
from tests.libprocess_py.deploy.actors import SECOND, BadStart, Counter, Doubled, Part, Watcher, World


def test_an_actor_is_spawned_on_another_node_and_known_by_its_pid() -> None:
    world = World()

    pid = world.settled(world.connect().spawn(Counter, 40)).get()

    assert pid == PID("counter(1)", world.there.address)
    assert world.settled(world.here.dispatch(pid, Counter.where)).get() == "10.0.0.2:5050"


def test_it_is_called_with_arguments_of_any_kind() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter, total=40)).get()

    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 41
    assert world.settled(world.here.dispatch(pid, Counter.add, 3, times=2)).get() == 47


def test_results_come_back_as_what_the_method_is_annotated_to_return() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter, 7)).get()

    assert world.settled(world.here.dispatch(pid, Counter.parts)).get() == {"all": Part(name="all", sizes=(7, 2))}
    assert world.settled(world.here.dispatch(pid, Counter.later)).get() == [Part(name="later")]
    assert world.settled(world.here.dispatch(pid, Counter.chained)).get() == Part(name="chained")
    nothing = world.settled(world.here.dispatch(pid, Counter.nothing))
    assert nothing.is_ready


def test_a_function_of_nobody_is_sent_along_and_called_with_the_actor() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter, 20)).get()
    factor = 2

    def scaled(counter: Counter, more: int) -> int:
        return counter.total * factor + more

    assert world.settled(world.here.dispatch(pid, scaled, 2)).get() == 42
    assert world.settled(world.here.dispatch(pid, lambda counter: counter.total)).get() == 20


def test_a_method_that_is_overridden_or_private_there_is_found_by_its_name_or_not_at_all() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Doubled, 20)).get()

    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 22
    failure = world.settled(world.here.dispatch(pid, Doubled._secret)).failure
    assert "AttributeError: Doubled has no public method '_secret'" in str(failure)


def test_calls_of_one_caller_are_served_in_order() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()

    calls = [world.here.dispatch(pid, Counter.add, number) for number in (1, 10, 100)]

    assert [world.settled(call).get() for call in calls] == [1, 11, 111]


def test_it_is_sent_messages_like_any_actor() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter, 5)).get()

    world.here.dispatch(world.watcher.pid, Watcher.ask, pid, 2)
    world.simulation.advance(SECOND)

    assert world.watcher.totals == [7]


def test_the_id_and_the_policy_can_be_chosen() -> None:
    world = World()

    pid = world.settled(world.connect().using(id="total", policy=Policy.ABORT_NODE).spawn(Counter)).get()
    world.here.dispatch(pid, Counter.fail, "x")
    world.simulation.advance(SECOND)

    assert pid.id == "total"
    assert world.there.address in world.simulation.errors


def test_an_id_that_is_taken_fails_the_spawn_with_the_words_of_the_other_node() -> None:
    world = World()
    remote = world.connect()
    world.settled(remote.spawn(Counter, id="total"))

    again = world.settled(remote.spawn(Counter, id="total"))

    assert isinstance(again.failure, RemoteError)
    assert "process id 'total': taken by a live actor of 10.0.0.2:5050" in str(again.failure)


def test_what_a_constructor_raises_comes_back_with_its_traceback() -> None:
    world = World()

    failure = world.settled(world.connect().spawn(Counter, -1)).failure

    assert isinstance(failure, RemoteError)
    assert str(failure) == "ValueError: expected a number from 0 (on 10.0.0.2:5050)"
    assert failure.kind == "ValueError"
    assert 'raise ValueError("expected a number from 0")' in failure.__notes__[0]


def test_what_a_method_raises_comes_back_and_ends_the_actor_there() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()
    world.watch(pid)

    failure = world.settled(world.here.dispatch(pid, Counter.fail, "lost")).failure
    world.simulation.advance(SECOND)

    assert str(failure) == "KeyError: 'lost' (on 10.0.0.2:5050)"
    assert world.watcher.why == [(pid.id, "RemoteError: KeyError: 'lost' (on 10.0.0.2:5050)")]


def test_a_result_without_a_wire_form_fails_the_call_only() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()

    failure = world.settled(world.here.dispatch(pid, Counter.object)).failure

    assert isinstance(failure, RemoteError)
    assert "object has no wire form" in str(failure)
    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 1


def test_a_call_of_an_actor_that_is_gone_is_abandoned() -> None:
    world = World()
    remote = world.connect()

    gone = world.settled(world.here.dispatch(remote.pid("nobody"), Counter.add, 1))

    with pytest.raises(MailboxClosed):
        gone.get()


def test_a_call_is_abandoned_when_the_actor_ends_or_its_node_is_lost_first() -> None:
    world = World()
    remote = world.connect()
    first, second = (world.settled(remote.spawn(Counter)).get() for _ in range(2))
    calls = [world.here.dispatch(pid, Counter.never) for pid in (first, second)]
    world.simulation.advance(SECOND)

    world.here.terminate(first)
    world.simulation.advance(SECOND)
    assert [call.abandoned for call in calls] == [True, False]
    world.simulation.crash(world.there)
    world.simulation.advance(SECOND)
    assert [call.abandoned for call in calls] == [True, True]


def test_it_is_terminated_from_here_and_whoever_links_to_it_hears_of_it() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()
    world.watch(pid)

    world.here.terminate(pid)
    world.simulation.advance(SECOND)

    assert world.watcher.why == [(pid.id, "in order")]
    assert pid.id not in world.there.kernel.mailboxes


def test_a_link_tells_of_the_loss_of_its_host() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()
    world.watch(pid)

    world.simulation.crash(world.there)
    world.simulation.advance(SECOND)

    assert world.watcher.why == [(pid.id, "ConnectionLost: 10.0.0.2:5050")]


def test_an_actor_whose_start_fails_is_told_of_however_late_one_links_to_it() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(BadStart)).get()
    world.simulation.advance(SECOND)

    world.watch(pid)

    assert world.watcher.why == [(pid.id, "RemoteError: OSError: no such device (on 10.0.0.2:5050)")]


def test_the_failure_of_a_former_actor_is_not_told_of_its_successor() -> None:
    world = World()
    remote = world.connect()
    pid = world.settled(remote.using(id="total").spawn(BadStart)).get()
    world.simulation.advance(SECOND)
    world.settled(remote.using(id="total").spawn(Counter))
    world.here.terminate(pid)
    world.simulation.advance(SECOND)

    world.watch(pid)

    assert world.watcher.why == [
        ("total", "RemoteError: libprocess_py.errors.NoSuchProcess: total@10.0.0.2:5050 (on 10.0.0.2:5050)")
    ]


def test_nothing_is_kept_for_a_node_that_was_lost() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()
    world.watch(pid)
    third = world.simulation.node("10.0.0.3")
    world.settled(third.connect(world.there.address))
    third.dispatch(third.spawn(watcher := Watcher()), Watcher.watch, pid)
    world.simulation.advance(SECOND)

    world.simulation.crash(world.here)
    world.simulation.advance(SECOND)
    spawner = world.there.kernel.mailboxes["__spawner__"]
    assert isinstance(spawner, Spawner)
    assert list(spawner._peers) == list(spawner._watchers[pid.id]) == [PID("__remotes__", third.address)]
    world.there.terminate(pid)
    world.simulation.advance(SECOND)

    assert watcher.why == [(pid.id, "in order")]
    assert spawner._watchers == {}


def test_an_end_is_told_once_and_a_new_actor_of_that_id_can_be_linked_to() -> None:
    world = World()
    remote = world.connect()
    for _ in range(2):
        pid = world.settled(remote.spawn(Counter, id="total")).get()
        world.watch(pid)
        world.here.terminate(pid)
        world.simulation.advance(SECOND)

    assert world.watcher.why == [("total", "in order")] * 2
    world.here.kernel.links.check()


def test_an_actor_is_found_there_by_its_id() -> None:
    world = World()
    remote = world.connect()
    world.settled(remote.using(id="total").spawn(Counter))

    assert world.settled(remote.find("total")).get() is True
    assert world.settled(remote.find("nobody")).get() is False


def test_a_link_that_was_there_before_one_connected_tells_of_the_end_too() -> None:
    world = World()
    pid = world.there.spawn(Counter())
    world.watch(pid)
    world.connect()
    world.simulation.advance(SECOND)

    world.there.terminate(pid)
    world.simulation.advance(SECOND)

    assert world.watcher.why == [(pid.id, "in order")]


def test_once_a_node_has_connected_to_any_its_links_anywhere_tell_of_the_end() -> None:
    world = World()
    world.connect()
    third = world.simulation.node("10.0.0.3")
    third.spawn(Spawner(allow=False))
    pid = third.spawn(Counter())
    world.watch(pid)

    third.terminate(pid)
    world.simulation.advance(SECOND)

    assert world.watcher.why == [(pid.id, "in order")]


def test_a_call_of_what_cannot_be_called_is_an_error_of_the_caller_here() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()

    with pytest.raises(TypeError, match=r"dispatch of 'add' to .*@10.0.0.2:5050: expected a method"):
        world.here.dispatch(pid, cast(Any, "add"), 1)

    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 1


def test_an_actor_spawns_and_calls_elsewhere_in_its_own_turns() -> None:
    world = World()

    class Caller(Counter):
        async def total_there(self, number: int) -> int:
            remote = await self.node.connect("10.0.0.2:5050")
            counter = await remote.spawn(Counter, number)
            return await self.dispatch(counter, Counter.add, 1)

    caller = world.here.spawn(Caller())

    assert world.settled(world.here.dispatch(caller, Caller.total_there, 6)).get() == 7


def test_a_class_that_is_no_actor_is_refused_there() -> None:
    world = World()

    failure = world.settled(world.connect().spawn(Part, name="x")).failure  # type: ignore[type-var]  # The mistake.

    assert "tests.libprocess_py.deploy.actors:Part: expected a class derived from Process" in str(failure)


def test_what_is_under_way_to_a_node_is_bounded_until_it_answers() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()
    third = bytes(UNDER_WAY_MAX // 3)

    calls = [world.here.dispatch(pid, Counter.size, third) for _ in range(3)]

    assert isinstance(calls[2].failure, SpawnFailed)
    assert "wait for answers before you ask for more" in str(calls[2].failure)
    assert [world.settled(call).get() for call in calls[:2]] == [len(third)] * 2
    assert world.settled(world.here.dispatch(pid, Counter.size, third)).get() == len(third)


def test_nobody_waits_in_vain_for_an_actor_of_the_runtime_that_was_ended_by_mistake() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()
    never = world.here.dispatch(pid, Counter.never)

    world.here.terminate(PID("__remotes__", world.here.address))
    world.simulation.settle()

    assert never.abandoned
    with pytest.raises(RemoteDispatch):
        world.here.dispatch(pid, Counter.add, 1)
    world.connect()
    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 1


def test_a_run_that_spawns_elsewhere_repeats_itself_exactly() -> None:
    def a_run() -> str:
        world = World()
        pid = world.settled(world.connect().spawn(Counter, 1)).get()
        world.settled(world.here.dispatch(pid, Counter.add, 1))
        return world.simulation.digest()

    assert a_run() == a_run()


def test_what_no_actor_could_be_called_is_nobodys_end() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter)).get()

    world.there.send(PID("__remotes__", world.here.address), Ended(id="\n"), sender=PID("x", world.there.address))
    world.here.send(PID("__spawner__", world.there.address), End(id="\n", inject=True))
    world.here.send(PID("__spawner__", world.there.address), Watch(id="\n"))
    world.simulation.advance(SECOND)

    assert world.here.metrics.counter("libprocess/protocol_errors").value == 1
    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 1


def test_an_argument_that_cannot_be_sent_fails_the_spawn_here() -> None:
    world = World()

    generator = (number for number in (1, 2))
    failure = world.settled(world.connect().spawn(Counter, generator)).failure  # type: ignore[arg-type]  # The mistake.

    assert isinstance(failure, SpawnFailed)
    assert "what is to be sent cannot be pickled" in str(failure)


def test_a_class_that_exits_when_it_is_made_takes_nobody_along() -> None:
    class Exiting(Process):
        def __init__(self) -> None:
            raise SystemExit(3)

    world = World()
    remote = world.connect()

    failure = world.settled(remote.spawn(Exiting)).failure

    assert isinstance(failure, RemoteError)
    assert str(failure).startswith("SystemExit: 3")
    assert world.settled(remote.spawn(Counter)).is_ready


def test_what_a_node_is_used_through_is_called_and_ended_by_nobody() -> None:
    world = World()
    remote = world.connect()

    called = world.settled(world.here.dispatch(remote.pid(SPAWNER_ID), Spawner.exited_with, remote.pid("x"), None))
    world.here.terminate(remote.pid(SPAWNER_ID))

    assert (
        str(called.failure) == "10.0.0.2:5050 refuses it: __spawner__ is called by nobody: this node is used through it"
    )
    assert world.settled(remote.spawn(Counter)).is_ready

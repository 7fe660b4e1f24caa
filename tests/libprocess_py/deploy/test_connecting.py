"""Connecting to other nodes: who answers, who does not, and what a loss of the connection means for calls."""

from __future__ import annotations

import pytest

from libprocess_py import PID, ConnectionLost, RemoteDispatch
from libprocess_py.deploy import ConnectFailed, SpawnFailed
from tests.libprocess_py.deploy.actors import SECOND, Counter, World


def test_two_who_connect_at_a_time_ask_once() -> None:
    world = World()

    first, second = world.here.connect("10.0.0.2:5050"), world.here.connect("10.0.0.2:5050")

    assert world.settled(first).get() == world.settled(second).get()
    assert first is second


def test_a_node_that_does_not_allow_it_says_so_and_unpickles_nothing() -> None:
    world = World(allow=False)
    remote = world.connect()

    spawn = world.settled(remote.spawn(Counter))
    call = world.settled(world.here.dispatch(remote.pid("__spawner__"), Counter.add, 1))
    world.here.terminate(remote.pid("__spawner__"))
    world.simulation.advance(SECOND)

    assert not remote.allows_spawn
    for future in (spawn, call):
        assert isinstance(future.failure, SpawnFailed)
        assert str(future.failure) == "10.0.0.2:5050 refuses it: it does not allow that: start it with --allow-spawn"
    assert "__spawner__" in world.there.kernel.mailboxes


def test_a_node_that_is_not_there_cannot_be_connected_to() -> None:
    world = World()

    failure = world.settled(world.here.connect("10.0.0.9:5050")).failure

    assert isinstance(failure, ConnectFailed)
    assert (
        str(failure) == "10.0.0.9:5050: no connection. Is a node there, under that very address, with the same secret?"
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.0.0.2", "address '10.0.0.2': expected ip:port"),
        ("10.0.0.2:x", "port 'x' is not a number from 0 to 65535"),
        ("no.such.host.invalid:5050", "'no.such.host.invalid:5050': no address is known for the host"),
    ],
)
def test_an_address_that_is_none_cannot_be_connected_to(address: str, expected: str) -> None:
    world = World()

    failure = world.settled(world.here.connect(address)).failure

    assert isinstance(failure, ConnectFailed)
    assert expected in str(failure)


def test_a_node_without_a_spawner_does_not_answer() -> None:
    world = World()
    world.there.terminate(PID("__spawner__", world.there.address))

    failure = world.settled(world.here.connect("10.0.0.2:5050")).failure

    assert isinstance(failure, ConnectFailed)
    assert "10.0.0.2:5050 does not answer within 5secs: is it a `mesos-py node`" in str(failure)
    assert world.here.kernel.links.addresses() == []


def test_a_node_does_not_connect_to_itself() -> None:
    world = World()

    assert "is this node" in str(world.settled(world.here.connect(world.here.address)).failure)


def test_an_actor_outlives_a_partition_and_is_called_again_once_one_has_connected_again() -> None:
    world = World()
    pid = world.settled(world.connect().spawn(Counter, 1)).get()
    world.watch(pid)
    network = world.simulation.network
    network.partition(world.here, world.there)
    cut_off = world.here.dispatch(pid, Counter.add, 1)
    world.simulation.advance(300 * SECOND)
    network.heal(world.here, world.there)

    remote = world.connect()

    assert cut_off.abandoned
    assert world.watcher.why == [(pid.id, "ConnectionLost: 10.0.0.2:5050")]
    assert world.settled(remote.find(pid.id)).get() is True
    assert world.settled(world.here.dispatch(pid, Counter.add, 1)).get() == 2


def test_after_a_loss_calls_are_refused_until_one_connects_again() -> None:
    world = World()
    remote = world.connect()
    world.simulation.crash(world.there)
    world.simulation.advance(SECOND)

    late = world.settled(remote.spawn(Counter))

    assert isinstance(late.failure, ConnectionLost)
    with pytest.raises(RemoteDispatch, match=r"not connected to \(Node.connect\)"):
        world.here.dispatch(remote.pid("x"), Counter.add, 1)

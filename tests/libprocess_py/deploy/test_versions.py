"""Two nodes of different versions: of Python, of the code, of the conversation. What cannot be is told clearly."""

from __future__ import annotations

from libprocess_py import PID, Process
from libprocess_py.deploy import ConnectFailed, RemoteNode, Spawner, SpawnFailed
from libprocess_py.deploy.messages import PROTOCOL, Hello, Platform, Spawn, Unknown, Welcome
from libprocess_py.deploy.shipping import here
from tests.libprocess_py.deploy.actors import Counter, World


class Elsewhere(Spawner):
    """A spawner of a node that is another one."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(allow=True)
        self.platform = platform
        self.spawns: list[Spawn] = []

    def hello(self, sender: PID, hello: Hello) -> None:
        self.send(sender, Welcome(call=hello.call, platform=self.platform, allows_spawn=True))

    def spawn_here(self, sender: PID, spawn: Spawn) -> None:
        self.spawns.append(spawn)
        super().spawn_here(sender, spawn)


class Outdated(Elsewhere):
    """It has another version of every module."""

    def spawn_here(self, sender: PID, spawn: Spawn) -> None:
        if spawn.digest:
            self.spawns.append(spawn)
            self.send(sender, Unknown(call=spawn.call, why="the source is another one here"))
        else:
            super().spawn_here(sender, spawn)


class Versions(World):
    """A world of which the other node is that."""

    def __init__(self, spawner: Elsewhere) -> None:
        super().__init__()
        self.there.terminate(PID("__spawner__", self.there.address))
        self.simulation.settle()
        self.there.spawn(spawner)


def another_python() -> Elsewhere:
    return Elsewhere(Platform(python="cpython 3.99", cloudpickle=here().cloudpickle))


def test_a_node_of_another_version_of_the_conversation_is_not_connected_to() -> None:
    platform = Platform(python=here().python, cloudpickle=here().cloudpickle, protocol=PROTOCOL + 1)
    world = Versions(Elsewhere(platform))

    failure = world.settled(world.here.connect(world.there.address)).failure

    assert isinstance(failure, ConnectFailed)
    assert str(failure) == (
        f"{world.there.address} speaks version {PROTOCOL + 1} of this, this node {PROTOCOL}: update the older one"
    )
    assert world.here.kernel.links.addresses() == []


def test_a_class_that_would_go_by_value_does_not_go_to_another_python() -> None:
    world = Versions(another_python())
    remote = world.connect()

    class Local(Process):
        pass

    failure = world.settled(remote.spawn(Local)).failure

    assert isinstance(failure, SpawnFailed)
    assert "Local cannot be sent to 10.0.0.2:5050 by value: cpython 3.99 with cloudpickle" in str(failure)
    assert f"there, {here().python} with cloudpickle" in str(failure)


def test_a_class_of_a_module_goes_to_another_python_by_name() -> None:
    world = Versions(another_python())

    pid = world.settled(world.connect().spawn(Counter, 40)).get()

    assert world.settled(world.here.dispatch(pid, Counter.add, 2)).get() == 42


def test_an_argument_that_would_go_by_value_does_not_go_to_another_python() -> None:
    world = Versions(another_python())
    pid = world.settled(world.connect().spawn(Counter)).get()

    failure = world.settled(world.here.dispatch(pid, Counter.keep, lambda: 1)).failure

    assert isinstance(failure, SpawnFailed)
    assert "what is to be sent cannot be pickled" in str(failure)


def test_a_class_of_which_the_other_node_has_another_source_goes_by_value() -> None:
    spawner = Outdated(here())
    world = Versions(spawner)
    remote: RemoteNode = world.connect()

    pid = world.settled(remote.spawn(Counter, 40)).get()

    assert [bool(spawn.digest) for spawn in spawner.spawns] == [True, False]
    assert world.settled(world.here.dispatch(pid, Counter.add, 2)).get() == 42


def test_a_class_of_which_another_python_has_another_source_is_refused_with_both_named() -> None:
    world = Versions(Outdated(another_python().platform))

    failure = world.settled(world.connect().spawn(Counter)).failure

    assert isinstance(failure, SpawnFailed)
    assert "actors:Counter cannot be sent to 10.0.0.2:5050 by value" in str(failure)

"""Names that are known while their actors live, here and on other nodes."""

from __future__ import annotations

from libprocess_py import PID, Process
from libprocess_py.deploy import Registry, Spawner
from libprocess_py.deploy.registry import Named, NameTaken, TooManyNames
from tests.libprocess_py.deploy.actors import SECOND, Counter, World


class Interested(Process):
    """Keeps what it is told of names."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, PID | None]] = []

    def named(self, sender: PID, named: Named) -> None:
        self.heard.append((named.name, named.pid))


class Names(World):
    """A registry `there`, used from `here`."""

    def __init__(self, names_max: int = 10) -> None:
        super().__init__()
        self.registry = self.there.spawn(Registry(names_max=names_max))
        self.remote = self.connect()

    def register(self, name: str, pid: PID) -> BaseException | None:
        return self.settled(self.here.dispatch(self.registry, Registry.register, name, pid)).failure

    def lookup(self, name: str) -> PID | None:
        return self.settled(self.here.dispatch(self.registry, Registry.lookup, name)).get()


def test_an_actor_is_found_by_its_name_from_any_node() -> None:
    world = Names()
    pid = world.here.spawn(Counter())

    world.register("total", pid)

    assert world.lookup("total") == pid
    assert world.lookup("other") is None
    assert world.settled(world.here.dispatch(world.registry, Registry.names)).get() == {"total": pid}


def test_a_name_belongs_to_one_actor_until_it_is_given_back() -> None:
    world = Names()
    first, second = world.here.spawn(Counter()), world.here.spawn(Counter())
    world.register("total", first)

    assert world.register("total", first) is None
    refused = world.register("total", second)
    given_back = world.settled(world.here.dispatch(world.registry, Registry.unregister, "total")).get()

    assert str(refused) == (
        f"{NameTaken.__module__}.NameTaken: name 'total': it belongs to {first} (on {world.there.address})"
    )
    assert given_back
    registry = world.there.kernel.mailboxes["registry"]
    assert isinstance(registry, Registry)
    assert registry._names == {}
    assert world.settled(world.here.dispatch(world.registry, Registry.unregister, "total")).get() is False
    assert world.register("total", second) is None


def test_a_name_goes_with_its_actor() -> None:
    world = Names()
    pid = world.settled(world.remote.spawn(Counter)).get()
    world.register("total", pid)
    world.register("sum", pid)

    world.here.terminate(pid)
    world.simulation.advance(SECOND)

    assert world.lookup("total") is None
    assert world.lookup("sum") is None
    assert world.register("total", world.here.spawn(Counter())) is None


def test_a_name_goes_with_its_actor_on_a_third_node_that_has_a_spawner() -> None:
    world = Names()
    third = world.simulation.node("10.0.0.3")
    third.spawn(Spawner(allow=False))
    pid = third.spawn(Counter())
    world.register("total", pid)
    world.simulation.advance(SECOND)

    third.terminate(pid)
    world.simulation.advance(SECOND)

    assert world.lookup("total") is None


def test_a_name_goes_with_the_host_of_its_actor() -> None:
    world = Names()
    third = world.simulation.node("10.0.0.3")
    world.register("total", third.spawn(Counter()))

    world.simulation.crash(third)
    world.simulation.advance(SECOND)

    assert world.lookup("total") is None


def test_a_watcher_is_told_the_present_holder_and_every_change() -> None:
    world = Names()
    watcher = Interested()
    world.there.spawn(watcher)
    world.here.dispatch(world.registry, Registry.watch, "total", watcher.pid)
    pid = world.there.spawn(Counter())
    world.register("total", pid)
    world.register("other", pid)

    world.there.terminate(pid)
    world.simulation.advance(SECOND)

    assert watcher.heard == [("total", None), ("total", pid), ("total", None)]


def test_a_watcher_that_ended_is_forgotten() -> None:
    world = Names()
    watcher = Interested()
    world.here.dispatch(world.registry, Registry.watch, "total", world.there.spawn(watcher))
    world.simulation.advance(SECOND)

    world.there.terminate(watcher.pid)
    world.simulation.advance(SECOND)
    world.register("total", world.there.spawn(Counter()))

    assert watcher.heard == [("total", None)]
    assert world.there.metrics.counter("libprocess/dropped/no_such_process").value == 0


def test_a_registry_has_a_bound() -> None:
    world = Names(names_max=1)
    pid = world.here.spawn(Counter())
    world.register("one", pid)

    failure = world.register("two", pid)

    assert f"{TooManyNames.__module__}.TooManyNames: name 'two': there are 1 already" in str(failure)

"""What every containerizer promises (CO-01): one suite, for simulated containers and for POSIX processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import pytest

from libprocess_py.future import Future
from libprocess_py.runtime.background import BackgroundNode
from libprocess_py.sim.simulation import Simulation
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo
from slave.containerizer.container import ContainerConfig, LaunchOutcome, Termination
from slave.containerizer.containerizer import Containerizer
from slave.containerizer.posix import PosixContainerizer
from slave.containerizer.simulated import SimulatedContainerizer

T = TypeVar("T")

ONE, TWO = ContainerId("one"), ContainerId("two")
GRACE_NS: Final = 30_000_000_000  # More than any of these containers needs.
PATIENCE_S: Final = 30.0  # Only a broken containerizer waits this long.
SIGTERM, SIGKILL = 15, 9


class Harness(Protocol):
    """A containerizer, and commands of the kind that it runs."""

    commands: Mapping[str, CommandInfo]

    def begin(self, method: Callable[..., Future[T]], *args: Any) -> Future[T]:
        """Ask, and do not wait."""

    def result(self, future: Future[T]) -> T:
        """Wait for an answer."""


class SimulatedHarness:
    """On virtual time."""

    commands: Mapping[str, CommandInfo] = {
        "succeed": CommandInfo(value="simulate exit=0"),
        "fail": CommandInfo(value="simulate duration=1secs exit=3"),
        "forever": CommandInfo(value="simulate fate=forever"),
        "never": CommandInfo(value="simulate fate=never"),
    }

    def __init__(self) -> None:
        self._simulation = Simulation(1)
        self._node = self._simulation.node("10.0.0.1")
        self._pid = self._node.spawn(SimulatedContainerizer())

    def begin(self, method: Callable[..., Future[T]], *args: Any) -> Future[T]:
        return self._node.dispatch(self._pid, method, *args)

    def result(self, future: Future[T]) -> T:
        assert self._simulation.run_until(lambda: not future.is_pending, limit_ns=GRACE_NS)
        return future.get()


class PosixHarness:
    """On this machine."""

    commands: Mapping[str, CommandInfo] = {
        "succeed": CommandInfo(value="exit 0"),
        "fail": CommandInfo(value="exit 3"),
        "forever": CommandInfo(value="exec tail -f /dev/null"),
        "never": CommandInfo(value="/no/such/program", shell=False, arguments=("program",)),
    }

    def __init__(self, background: BackgroundNode) -> None:
        self._background = background
        self._pid = background.call(background.node.spawn, PosixContainerizer()).result(PATIENCE_S)

    def begin(self, method: Callable[..., Future[T]], *args: Any) -> Future[T]:
        node = self._background.node
        # In a list, since a bare future would be waited for.
        return self._background.call(lambda: [node.dispatch(self._pid, method, *args)]).result(PATIENCE_S)[0]

    def result(self, future: Future[T]) -> T:
        return self._background.call(lambda: future).result(PATIENCE_S)


@pytest.fixture(params=["simulated", "posix"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    if request.param == "simulated":
        yield SimulatedHarness()
        return
    with BackgroundNode() as background:
        yield PosixHarness(background)


class Containers:
    """The containerizer under test, asked and answered."""

    def __init__(self, harness: Harness, sandboxes: Path) -> None:
        self.harness = harness
        self._sandboxes = sandboxes

    def config(self, command: str, container_id: ContainerId = ONE) -> ContainerConfig:
        sandbox = self._sandboxes / container_id
        sandbox.mkdir(exist_ok=True)
        return ContainerConfig(
            container_id=container_id,
            command=self.harness.commands[command],
            environment=(("PATH", os.environ["PATH"]), ("MESOS_CONTAINER_ID", container_id)),
            sandbox=str(sandbox),
            resources=Resources.of(cpus=0.5, mem=64),
        )

    def ask(self, method: Callable[..., Future[T]], *args: Any) -> T:
        return self.harness.result(self.harness.begin(method, *args))

    def launch(self, command: str, container_id: ContainerId = ONE) -> LaunchOutcome:
        return self.ask(Containerizer.launch, self.config(command, container_id))

    def wait(self, container_id: ContainerId = ONE) -> Termination | None:
        return self.ask(Containerizer.wait, container_id)


@pytest.fixture
def containers(harness: Harness, tmp_path: Path) -> Containers:
    return Containers(harness, tmp_path)


@pytest.mark.parametrize(("command", "status"), [("succeed", 0), ("fail", 3)])
def test_a_container_ends_with_the_status_of_its_command(containers: Containers, command: str, status: int) -> None:
    assert containers.launch(command) is LaunchOutcome.LAUNCHED

    end = containers.wait()

    assert end is not None
    assert end.exit_status == status
    assert not end.is_signalled


def test_the_end_is_told_to_everyone_who_asks_before_and_after_it(containers: Containers) -> None:
    containers.launch("forever")
    before = [containers.harness.begin(Containerizer.wait, ONE) for _ in range(2)]

    containers.ask(Containerizer.destroy, ONE, GRACE_NS)

    ends = [containers.harness.result(waiting) for waiting in before] + [containers.wait()]
    assert ends[0] is not None
    assert ends.count(ends[0]) == 3


def test_a_running_container_is_not_launched_again(containers: Containers) -> None:
    containers.launch("forever")

    assert containers.launch("succeed") is LaunchOutcome.ALREADY_LAUNCHED

    assert containers.ask(Containerizer.containers) == (ONE,)


def test_an_ended_container_is_not_launched_again(containers: Containers) -> None:
    containers.launch("succeed")
    end = containers.wait()

    assert containers.launch("fail") is LaunchOutcome.ALREADY_LAUNCHED

    assert containers.wait() == end


def test_a_removed_containers_id_is_free_again(containers: Containers) -> None:
    containers.launch("succeed")
    containers.wait()

    assert containers.ask(Containerizer.remove, ONE)

    assert containers.wait() is None
    assert containers.launch("succeed") is LaunchOutcome.LAUNCHED


def test_a_running_container_cannot_be_removed(containers: Containers) -> None:
    containers.launch("forever")

    assert not containers.ask(Containerizer.remove, ONE)

    assert containers.ask(Containerizer.containers) == (ONE,)


def test_a_launch_that_fails_is_an_end_with_a_message(containers: Containers) -> None:
    assert containers.launch("never") is LaunchOutcome.FAILED

    end = containers.wait()

    assert end is not None
    assert end.message
    assert containers.ask(Containerizer.containers) == ()


@pytest.mark.parametrize(("grace_ns", "signal"), [(GRACE_NS, SIGTERM), (0, SIGKILL)])
def test_a_destroyed_container_has_ended_by_the_signal_of_its_grace(
    containers: Containers, grace_ns: int, signal: int
) -> None:
    containers.launch("forever")

    assert containers.ask(Containerizer.destroy, ONE, grace_ns)

    end = containers.wait()
    assert end is not None
    assert end.exit_status == -signal
    assert containers.ask(Containerizer.containers) == ()


def test_destroying_wins_over_a_launch_under_way(containers: Containers) -> None:
    launching = containers.harness.begin(Containerizer.launch, containers.config("forever"))
    destroying = containers.harness.begin(Containerizer.destroy, ONE, 0)

    assert containers.harness.result(destroying)

    assert containers.harness.result(launching) in (LaunchOutcome.LAUNCHED, LaunchOutcome.DESTROYED)
    assert containers.ask(Containerizer.containers) == ()
    assert containers.wait() is not None


def test_destroying_what_has_ended_changes_nothing(containers: Containers) -> None:
    containers.launch("fail")
    end = containers.wait()

    assert containers.ask(Containerizer.destroy, ONE, 0)

    assert containers.wait() == end


def test_an_unknown_container_is_answered_as_such(containers: Containers) -> None:
    assert containers.wait() is None
    assert containers.ask(Containerizer.usage, ONE) is None
    assert containers.ask(Containerizer.status, ONE) is None
    assert not containers.ask(Containerizer.destroy, ONE, 0)
    assert not containers.ask(Containerizer.update, ONE, Resources())
    assert not containers.ask(Containerizer.remove, ONE)


def test_usage_and_status_are_of_running_containers_only(containers: Containers) -> None:
    containers.launch("forever")

    usage = containers.ask(Containerizer.usage, ONE)
    status = containers.ask(Containerizer.status, ONE)
    containers.ask(Containerizer.destroy, ONE, 0)

    assert usage is not None
    assert usage.cpus_limit == 0.5
    assert status is not None
    assert status.container_id == ONE
    assert containers.ask(Containerizer.usage, ONE) is None
    assert containers.ask(Containerizer.status, ONE) is None


def test_an_update_changes_the_limits(containers: Containers) -> None:
    containers.launch("forever")

    assert containers.ask(Containerizer.update, ONE, Resources.of(cpus=2, mem=128))

    usage = containers.ask(Containerizer.usage, ONE)
    assert usage is not None
    assert (usage.cpus_limit, usage.mem_limit_bytes) == (2.0, 128 << 20)


def test_containers_are_listed_oldest_first_while_they_run(containers: Containers) -> None:
    for container_id in (TWO, ONE):
        containers.launch("forever", container_id)

    assert containers.ask(Containerizer.containers) == (TWO, ONE)
    containers.ask(Containerizer.destroy, TWO, 0)
    assert containers.ask(Containerizer.containers) == (ONE,)


def test_recovery_without_known_containers_leaves_none(containers: Containers) -> None:
    assert containers.ask(Containerizer.recover, ()) == ()
    assert containers.ask(Containerizer.containers) == ()

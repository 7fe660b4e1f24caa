"""Launches that go wrong between the agent and its containers."""

from __future__ import annotations

from libprocess_py.core.failures import Policy
from libprocess_py.future import Future, failed
from libprocess_py.node import NodeOptions
from libprocess_py.pid import PID
from libprocess_py.sim.simulation import Simulation
from mesos_py.protocol.detector import StandaloneDetector
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.messages.master_framework import StatusUpdate
from mesos_py.protocol.task import Reason, TaskState
from slave.containerizer.container import ContainerConfig, LaunchOutcome, Termination
from slave.containerizer.containerizer import Containerizer
from slave.containerizer.simulated import SimulatedContainerizer
from slave.perform import Surroundings
from slave.sandboxes import NoSandboxes, Sandboxes
from slave.slave import AgentOptions, Slave
from tests.slave.builders import a_command_launch, settings
from tests.slave.cluster import SECOND, SmallMaster


class FullDisk:
    """No sandbox can be made."""

    def prepare(self, sandbox: str, *, latest: str, user: str | None) -> None:
        raise OSError(28, "No space left on device", sandbox)


class RefusingContainerizer(SimulatedContainerizer):
    """Fails where it should answer."""

    def launch(self, config: ContainerConfig) -> Future[LaunchOutcome]:
        return failed("out of order")


class ForgetfulContainerizer(SimulatedContainerizer):
    """Does not know what it launched."""

    def wait(self, container_id: ContainerId) -> Future[Termination | None]:
        del self._containers[container_id]
        return super().wait(container_id)


class BrokenAgent:
    """An agent one of whose surroundings does not work."""

    def __init__(self, containerizer: Containerizer, sandboxes: Sandboxes) -> None:
        self.simulation = Simulation(1)
        master_node = self.simulation.node("10.0.0.1")
        self.node = self.simulation.node("10.0.0.2", options=NodeOptions(policy=Policy.END_ACTOR))
        self.master = SmallMaster()
        master_node.spawn(self.master)
        self.containerizer = self.node.spawn(containerizer)
        surroundings = Surroundings(
            containerizer=self.containerizer, detector=StandaloneDetector(self.master.pid), sandboxes=sandboxes
        )
        self.agent = Slave(
            settings(pid=PID("slave(1)", self.node.address)), surroundings, options=AgentOptions(checked=True)
        )
        self.node.spawn(self.agent)
        assert self.simulation.run_until(lambda: self.master.agent, limit_ns=30 * SECOND)
        master_node.dispatch(self.master.pid, SmallMaster.tell, a_command_launch())
        self.simulation.advance(SECOND)

    def status(self) -> tuple[TaskState, Reason | None, str]:
        (update,) = self.master.of(StatusUpdate)
        return update.status.state, update.status.reason, update.status.message


def test_a_sandbox_that_cannot_be_made_fails_the_task_with_the_reason() -> None:
    state, reason, message = BrokenAgent(SimulatedContainerizer(), FullDisk()).status()

    assert (state, reason) == (TaskState.FAILED, Reason.CONTAINER_LAUNCH_FAILED)
    assert "No space left on device" in message


def test_a_containerizer_that_fails_fails_the_task() -> None:
    state, reason, message = BrokenAgent(RefusingContainerizer(), NoSandboxes()).status()

    assert (state, reason) == (TaskState.FAILED, Reason.CONTAINER_LAUNCH_FAILED)
    assert "out of order" in message


def test_a_container_that_nobody_knows_has_ended() -> None:
    state, reason, message = BrokenAgent(ForgetfulContainerizer(), NoSandboxes()).status()

    assert (state, reason) == (TaskState.FAILED, Reason.EXECUTOR_TERMINATED)
    assert "does not know" in message


def test_an_agent_ends_with_its_containerizer() -> None:
    broken = BrokenAgent(SimulatedContainerizer(), NoSandboxes())
    ended = broken.node.wait(broken.agent.pid)

    broken.node.terminate(broken.containerizer)
    broken.simulation.advance(SECOND)

    assert ended.is_ready

"""The containerizer: the actor that starts, limits, measures and destroys containers (CO-01). This is its interface.

One containerizer serves one agent, in the agent's node, and is dispatched to. Its promises, which the suite in
tests/conformance checks against every implementation:

* `launch` is idempotent per id: a known id starts nothing again, whether its container runs or has ended.
* An accepted container ends exactly once, and `wait` answers that end to everyone who asks, before or after it,
  until `remove`. A launch that fails is an end too, so whoever waits needs no second path for it.
* `destroy` wins during any phase: a container destroyed while it is being launched never runs, or runs no longer once
  `destroy` answers. When a container has ended, no process of it is left, however deep it had hidden.
* An unknown id is answered (None, False), never failed: ids come and go while a question is under way.
"""

from __future__ import annotations

from abc import abstractmethod

from libprocess_py.future import Future
from libprocess_py.process import Process
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from slave.containerizer.container import ContainerConfig, ContainerStatus, LaunchOutcome, Termination, Usage


class Containerizer(Process):
    """Dispatched to by the agent; implementations never call back, they complete futures."""

    @abstractmethod
    def recover(self, known: tuple[ContainerId, ...]) -> Future[tuple[ContainerId, ...]]:
        """Take over what an earlier agent left: destroy all containers but `known`; answers those of them that run."""

    @abstractmethod
    def launch(self, config: ContainerConfig) -> Future[LaunchOutcome]:
        """Start a container. Answers when its command runs, or when it is certain that it never will."""

    @abstractmethod
    def wait(self, container_id: ContainerId) -> Future[Termination | None]:
        """How the container ended, once it has. None at once for an unknown id."""

    @abstractmethod
    def destroy(self, container_id: ContainerId, grace_ns: int) -> Future[bool]:
        """End it: ask every process to stop, and after `grace_ns` force it (TS-13). Answers after the end.

        False: unknown id. A second destroy may only shorten the grace that is left.
        """

    @abstractmethod
    def remove(self, container_id: ContainerId) -> Future[bool]:
        """Forget a container that has ended. False: unknown, or it still runs."""

    @abstractmethod
    def update(self, container_id: ContainerId, resources: Resources) -> Future[bool]:
        """Change what the container may use. False: unknown, or it has ended."""

    @abstractmethod
    def usage(self, container_id: ContainerId) -> Future[Usage | None]:
        """What the container uses now. None: unknown, or it has ended."""

    @abstractmethod
    def status(self, container_id: ContainerId) -> Future[ContainerStatus | None]:
        """Where the container runs. None: unknown, or it has ended."""

    @abstractmethod
    def containers(self) -> Future[tuple[ContainerId, ...]]:
        """The known containers that have not ended, oldest first."""

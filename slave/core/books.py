"""The agent's books: everything it knows, in one place, for the rules beside this module to read and change."""

from __future__ import annotations

from collections import Counter

from libprocess_py.pid import PID
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId
from slave.core.chance import Chance
from slave.core.executors import Executor
from slave.core.frameworks import Framework
from slave.core.problems import BadToken, UnknownExecutor
from slave.core.registration import Phase as AgentPhase
from slave.core.registration import Registration
from slave.core.settings import AgentSettings
from slave.core.status_updates import StatusUpdates


class Books:
    """Who runs what here, what is to be delivered, and what has been."""

    def __init__(self, settings: AgentSettings, chance: Chance) -> None:
        self.settings = settings
        self.chance = chance
        self.registration = Registration(backoff_ns=settings.registration_backoff_ns, chance=chance)
        self.updates = StatusUpdates()
        self.frameworks: dict[FrameworkId, Framework] = {}
        self.containers: dict[ContainerId, Executor] = {}  # Those that have not ended.
        self.speakers: dict[PID, Executor] = {}  # Live executors that have registered, by where they speak from.
        self.completed_frameworks: dict[FrameworkId, Framework] = {}  # Oldest first, bounded (AG-17).
        self.counters: Counter[str] = Counter()  # What happened how often; `slave/metrics.py` shows it.

    @property
    def agent_id(self) -> AgentId:
        agent_id = self.registration.agent_id
        assert agent_id is not None, "there are no tasks before the first registration"
        return agent_id

    def executor(self, framework_id: FrameworkId, executor_id: ExecutorId) -> Executor:
        """A live executor. Raises UnknownExecutor."""
        framework = self.frameworks.get(framework_id)
        executor = framework.live.get(executor_id) if framework is not None else None
        if executor is None:
            raise UnknownExecutor(f"no executor {executor_id} of framework {framework_id} runs here")
        return executor

    def speaker(self, sender: PID, framework_id: FrameworkId, *, executor_id: ExecutorId, token: str) -> Executor:
        """The sender: an executor that registered from this PID and shows its token. Raises ProtocolError."""
        executor = self.executor(framework_id, executor_id)
        if not executor.proves(token):
            raise BadToken(f"executor {executor_id} of framework {framework_id}: wrong token")
        if executor.pid != sender:
            raise BadToken(f"executor {executor_id} of framework {framework_id}: not registered from {sender}")
        return executor

    def is_ending(self, executor: Executor) -> bool:
        """Whether the agent acknowledges this executor's updates itself, so that it need not wait before it goes."""
        is_removed = self.frameworks[executor.framework_id].is_terminating
        return is_removed or self.registration.phase is AgentPhase.TERMINATING

    def admit_framework(self, info: FrameworkInfo, scheduler: PID | None) -> Framework:
        """The framework of a task that comes in: known, known from history, or new."""
        assert info.id is not None
        framework = self.frameworks.get(info.id) or self.completed_frameworks.pop(info.id, None)
        if framework is None:
            framework = Framework(info, scheduler, completed_executors_max=self.settings.completed_executors_max)
        self.frameworks[info.id] = framework
        framework.info = info
        framework.scheduler = scheduler
        return framework

    def retire(self, executor: Executor) -> None:
        """Make history of an executor, and of its framework, when nothing is left to run or to deliver."""
        framework = self.frameworks[executor.framework_id]
        if executor.is_live or executor.tasks.terminated:
            return
        framework.forget(executor)
        if framework.executors:
            return
        del self.frameworks[framework.id]
        self.completed_frameworks[framework.id] = framework
        while len(self.completed_frameworks) > self.settings.completed_frameworks_max:
            del self.completed_frameworks[next(iter(self.completed_frameworks))]

    def check(self) -> None:
        """Assert what must always hold."""
        self.registration.check()
        self.updates.check()
        if self.registration.is_running:
            assert not self.updates.is_paused
        for framework_id, framework in self.frameworks.items():
            framework.check()
            assert framework.id == framework_id
            assert framework.executors, "a framework without executors is history"
            assert framework_id not in self.completed_frameworks
            for executor in framework.executors.values():
                assert (self.containers.get(executor.container_id) is executor) == executor.is_live
                for task_id in executor.tasks.terminated:
                    assert self.updates.head(framework_id, task_id) is not None, (
                        "an ended task has an update to deliver"
                    )
        assert all(executor.is_live for executor in self.containers.values())
        registered = [executor for executor in self.containers.values() if executor.pid is not None]
        assert sorted(executor.container_id for executor in registered) == sorted(
            executor.container_id for pid, executor in self.speakers.items() if executor.pid == pid
        )
        assert len(registered) == len(self.speakers)
        assert len(self.completed_frameworks) <= self.settings.completed_frameworks_max

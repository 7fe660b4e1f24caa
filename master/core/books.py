"""The master's books: one aggregate of frameworks, agents, offers and acceptances under way, and what must hold of
them.

Only the rules of this package write here. Tasks live with their framework and are listed by their agent; offers are
listed by both. Everything is in dicts, whose order is that of events, so that no rule depends on hashing.
"""

from __future__ import annotations

from libprocess_py.pid import PID
from master.core.entities import COMPLETED, CONNECTED, Agent, Framework, PendingAcceptance
from master.core.errors import StrangeSender
from master.core.settings import MasterSettings
from master.core.story import Story
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.ids import agent_id as agent_id_of
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import Task


class Books:
    """All that one master knows."""

    def __init__(self, settings: MasterSettings) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.frameworks: dict[FrameworkId, Framework] = {}
        self.completed_frameworks: dict[FrameworkId, Framework] = {}  # Oldest first.
        self.framework_by_pid: dict[PID, FrameworkId] = {}  # Connected ones.
        self.agents: dict[AgentId, Agent] = {}
        self.agent_by_pid: dict[PID, AgentId] = {}  # Registered ones, connected or not.
        self.unreachable_agents: dict[AgentId, int] = {}  # Since when; oldest first.
        self.admitting: dict[PID, AgentId] = {}  # Agents that are being put on record.
        self.offers: dict[OfferId, Offer] = {}
        self.acceptances: dict[int, PendingAcceptance] = {}  # In the order in which they came.
        self.story = Story()
        self.events = 0  # So many were applied: what a reader worked out holds until there are more.
        self._numbers: dict[str, int] = {}

    def next_number(self, kind: str) -> int:
        """Count from zero, for each kind of thing by itself."""
        number = self._numbers.get(kind, 0)
        self._numbers[kind] = number + 1
        return number

    def is_removed(self, framework_id: FrameworkId) -> bool:
        """Whether a framework has ended here. Ids of this master's own making tell, even if the end is forgotten."""
        if framework_id in self.frameworks:
            return False
        return framework_id in self.completed_frameworks or self.is_own(framework_id)

    def is_own(self, id: FrameworkId | AgentId) -> bool:
        """Whether an id is of this master's making, and so is not older than it."""
        return id.startswith(f"{self.settings.master.id}-")

    def may_return(self, agent_id: AgentId) -> bool:
        """Whether an agent may have been given that id: ids of this master's making must have been made."""
        prefix = agent_id_of(self.settings.master.id, 0)[:-1]
        number = agent_id.removeprefix(prefix)
        if number == agent_id:
            return True
        return number.isascii() and number.isdigit() and int(number) < self._numbers.get("agent", 0)

    def framework_of(self, sender: PID, framework_id: FrameworkId) -> Framework:
        """The framework in whose name the sender speaks.

        Raises StrangeSender unless it is registered under that pid.
        """
        framework = self.frameworks.get(framework_id)
        if framework is None:
            raise StrangeSender(f"framework_id {framework_id}: no such framework")
        if framework.pid != sender:
            raise StrangeSender(
                f"framework_id {framework_id}: expected a call from {framework.pid}, got one from {sender}"
            )
        return framework

    def agent_of(self, sender: PID) -> Agent:
        """The agent that the sender is. Raises StrangeSender unless one is registered and connected under that pid."""
        agent_id = self.agent_by_pid.get(sender)
        if agent_id is None or not self.agents[agent_id].connected:
            raise StrangeSender(f"{sender}: no agent is registered under this pid")
        return self.agents[agent_id]

    def used_on(self, agent: Agent) -> dict[FrameworkId, Resources]:
        """What tasks and executors use on an agent, by framework."""
        parts: dict[FrameworkId, list[Resources]] = {}
        for framework_id, task_id in agent.tasks:
            task = self.frameworks[framework_id].tasks[task_id]
            if not task.state.is_terminal:
                parts.setdefault(framework_id, []).append(task.resources)
        for (framework_id, _), running in agent.executors.items():
            parts.setdefault(framework_id, []).append(running.executor.resources)
        return {framework_id: Resources.sum(resources) for framework_id, resources in parts.items()}

    def offered_on(self, agent: Agent) -> Resources:
        """What is offered of an agent."""
        return Resources.sum(self.offers[offer_id].resources for offer_id in agent.offers)

    def executors_of(self, framework_id: FrameworkId, agent: Agent) -> tuple[ExecutorId, ...]:
        """The framework's executors on an agent."""
        return tuple(executor_id for owner, executor_id in agent.executors if owner == framework_id)

    def agents_of(self, framework: Framework) -> list[Agent]:
        """The agents on which the framework has tasks or executors, in the order of their registration."""
        ids = {task.agent_id: None for task in framework.tasks.values()}
        return [
            agent
            for agent in self.agents.values()
            if agent.id in ids or any(owner == framework.id for owner, _ in agent.executors)
        ]

    # Tasks

    def add_task(self, task: Task) -> None:
        framework, agent = self.frameworks[task.framework_id], self.agents[task.agent_id]
        assert task.task_id not in framework.tasks, f"task {task.task_id} is there already"
        framework.tasks[task.task_id] = task
        agent.tasks[framework.id, task.task_id] = None

    def remove_task(self, task: Task) -> None:
        """Off the books of framework and agent, into the completed or the unreachable ones of the framework."""
        framework, agent = self.frameworks[task.framework_id], self.agents[task.agent_id]
        del framework.tasks[task.task_id]
        del agent.tasks[framework.id, task.task_id]
        agent.kills.pop((framework.id, task.task_id), None)

    def remember_completed(self, framework: Framework, task: Task) -> None:
        """MA-24: of each framework the last ones only."""
        framework.completed.append(task)
        while len(framework.completed) > self.settings.max_completed_tasks_per_framework:
            framework.completed.popleft()

    def remember_unreachable(self, framework: Framework, task: Task) -> None:
        """MA-11: of each framework the last ones only; those that fall out are completed."""
        framework.unreachable[task.task_id] = task
        while len(framework.unreachable) > self.settings.max_unreachable_tasks_per_framework:
            oldest = next(iter(framework.unreachable))
            self.remember_completed(framework, framework.unreachable.pop(oldest))

    def knows_task(self, framework: Framework, task_id: TaskId) -> bool:
        """Whether a new task may not have this id (MA-18). Ids of completed tasks are free again."""
        return task_id in framework.tasks or task_id in framework.pending or task_id in framework.unreachable

    def place_of(self, framework: Framework, task_id: TaskId) -> AgentId | None:
        """The agent on which a task is, is about to be, or was when it became unreachable."""
        if (number := framework.pending.get(task_id)) is not None:
            return self.acceptances[number].agent_id
        task = framework.tasks.get(task_id) or framework.unreachable.get(task_id)
        return None if task is None else task.agent_id

    # What must hold

    def check(self) -> None:
        """Assert that the books agree with each other. Slow: for tests and simulation."""
        for framework in self.frameworks.values():
            self._check_framework(framework)
        for agent in self.agents.values():
            self._check_agent(agent)
        for pid, framework_id in self.framework_by_pid.items():
            assert self.frameworks[framework_id].pid == pid
        for pid, agent_id in self.agent_by_pid.items():
            assert self.agents[agent_id].pid == pid
        assert len(self.agent_by_pid) == len(self.agents), "each agent has a pid of its own"
        for offer_id, offer in self.offers.items():
            assert offer_id in self.frameworks[offer.framework_id].offers, f"offer {offer_id} is not its framework's"
            assert offer_id in self.agents[offer.agent_id].offers, f"offer {offer_id} is not its agent's"
        self._check_acceptances()
        assert len(self.completed_frameworks) <= self.settings.max_completed_frameworks
        assert all(framework.state is COMPLETED for framework in self.completed_frameworks.values())
        assert not self.unreachable_agents.keys() & self.agents.keys(), "an agent is registered or unreachable"

    def _check_framework(self, framework: Framework) -> None:
        assert framework.state is not COMPLETED
        assert framework.id not in self.completed_frameworks
        assert (framework.pid is not None) == (framework.state is CONNECTED)
        assert framework.pid is None or self.framework_by_pid[framework.pid] == framework.id
        assert framework.active == (framework.state is CONNECTED)
        assert framework.active or not framework.offers, "only active frameworks hold offers"
        assert all(offer_id in self.offers for offer_id in framework.offers)
        for task_id, task in framework.tasks.items():
            assert (framework.id, task_id) in self.agents[task.agent_id].tasks, f"task {task_id} is not its agent's"
            assert task_id not in framework.pending, f"task {task_id} is launched and pending"
            assert task_id not in framework.unreachable, f"task {task_id} is here and unreachable"
        assert all(number in framework.acceptances for number in framework.pending.values())
        assert all(number in self.acceptances for number in framework.acceptances)
        assert len(framework.completed) <= self.settings.max_completed_tasks_per_framework
        assert len(framework.unreachable) <= self.settings.max_unreachable_tasks_per_framework

    def _check_agent(self, agent: Agent) -> None:
        assert self.agent_by_pid[agent.pid] == agent.id
        assert agent.is_active or not agent.offers, "only active agents are offered"
        assert agent.booked or not agent.offers, "allocations bind only agents that the allocator has"
        assert all(offer_id in self.offers for offer_id in agent.offers)
        assert all(task_id in self.frameworks[framework_id].tasks for framework_id, task_id in agent.tasks)
        assert all(framework_id in self.frameworks for framework_id, _ in agent.executors)
        assert all(key in agent.tasks for key in agent.kills)

    def _check_acceptances(self) -> None:
        for number, acceptance in self.acceptances.items():
            framework = self.frameworks[acceptance.framework_id]
            assert number in framework.acceptances, f"acceptance {number} is not its framework's"
            assert acceptance.agent_id in self.agents, f"acceptance {number} is for an agent that is gone"
            assert acceptance.resources != NOTHING, f"acceptance {number} holds nothing"
            assert not any(offer.id in self.offers for offer in acceptance.offers), "an offer is used once"
            assert all(framework.pending.get(task_id) != number for task_id in acceptance.killed), (
                "killed is not pending"
            )

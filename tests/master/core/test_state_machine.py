"""Whatever peers do, in whatever order, and however late answers come: the books stay true.

`CoreCluster` checks after each event that the books agree with themselves, and with a model allocator to which
nothing may come back that is not held. Here hypothesis plays all peers, honest and not.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from libprocess_py.errors import ProtocolError
from libprocess_py.message import Message
from libprocess_py.pid import PID
from master.core.events import Event, Exited, Received, TeardownRequested
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, ContainerId, FrameworkId, TaskId
from mesos_py.protocol.messages import master_agent as ma
from mesos_py.protocol.messages import master_framework as mf
from mesos_py.protocol.offer import Filters, Launch
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Task, TaskState
from tests.master.builders import (
    SECOND,
    a_framework_info,
    a_pid,
    a_task_info,
    a_uuid,
    an_agent_info,
    an_executor_info,
    an_update,
)
from tests.master.core_cluster import CoreCluster

SCHEDULERS = [a_pid(f"scheduler({number})", host=9) for number in range(3)]
AGENTS = [a_pid(f"slave({number})") for number in range(3)]
FRAMEWORK_IDS = [FrameworkId(f"m-000{number}") for number in range(4)] + [FrameworkId("old-0000")]
AGENT_IDS = [AgentId(f"m-S{number}") for number in range(4)] + [AgentId("old-S0")]
TASK_IDS = ["a", "b", "c"]

schedulers = st.sampled_from(SCHEDULERS)
agents = st.sampled_from(AGENTS)
framework_ids = st.sampled_from(FRAMEWORK_IDS)
agent_ids = st.sampled_from(AGENT_IDS)
task_ids = st.sampled_from(TASK_IDS)
states = st.sampled_from(TaskState)
indexes = st.integers(0, 7)


class Peers(RuleBasedStateMachine):
    """One rule for each thing that a peer, the world or time can do."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = CoreCluster(
            max_completed_frameworks=2, max_completed_tasks_per_framework=2, max_unreachable_tasks_per_framework=1
        )

    def apply(self, event: Event) -> None:
        before = self.fingerprint()
        try:
            self.cluster.apply(event)
        except ProtocolError:
            assert self.fingerprint() == before, "a mistake of a peer changes nothing"

    def send(self, sender: PID, message: Message) -> None:
        self.apply(Received(sender, message))

    def fingerprint(self) -> str:
        books: dict[str, Any] = {name: value for name, value in vars(self.cluster.books).items() if name != "story"}
        return repr(books)

    @initialize(frameworks=st.integers(0, 2), agents=st.integers(0, 2), late=st.booleans())
    def begin(self, frameworks: int, agents: int, *, late: bool) -> None:
        for sender in SCHEDULERS[:frameworks]:
            self.send(sender, mf.FrameworkSubscription(framework=a_framework_info()))
        for sender in AGENTS[:agents]:
            self.send(sender, ma.AgentRegistration(agent=an_agent_info(), version="0.1.0"))
        self.cluster.holds_answers = late

    # Who speaks for whom: mostly the right one, so that calls get further than the door.

    def existing(self, id: FrameworkId) -> FrameworkId:
        """Mostly a framework that is there, sometimes just an id."""
        there = list(self.cluster.books.frameworks)
        if id in there or id == FRAMEWORK_IDS[-1] or not there:
            return id
        return there[FRAMEWORK_IDS.index(id) % len(there)]

    def existing_agent(self, id: AgentId) -> AgentId:
        there = list(self.cluster.books.agents)
        if id in there or id == AGENT_IDS[-1] or not there:
            return id
        return there[AGENT_IDS.index(id) % len(there)]

    def scheduler_of(self, id: FrameworkId, stranger: PID, *, honest: bool) -> PID:
        framework = self.cluster.books.frameworks.get(id)
        return framework.pid if honest and framework is not None and framework.pid is not None else stranger

    def agent_of(self, id: AgentId, stranger: PID, *, honest: bool) -> PID:
        agent = self.cluster.books.agents.get(id)
        return agent.pid if honest and agent is not None else stranger

    # Answers

    @rule(answers=st.booleans(), allocator=st.booleans())
    def hold(self, answers: bool, allocator: bool) -> None:
        self.cluster.holds_answers, self.cluster.holds_allocator = answers, allocator

    @precondition(lambda self: self.cluster.answers)
    @rule()
    def answer(self) -> None:
        self.apply(self.cluster.answers.popleft())

    @precondition(lambda self: self.cluster.allocator.outbox)
    @rule()
    def hear_allocator(self) -> None:
        self.apply(self.cluster.allocator.outbox.popleft())

    @rule(id=framework_ids)
    def allocate(self, id: FrameworkId) -> None:
        id = self.existing(id)
        if id in self.cluster.allocator.frameworks:
            self.cluster.allocator.run(id)
            if not self.cluster.holds_allocator:
                self.cluster.let_allocator_speak()

    @rule(seconds=st.sampled_from([1, 15, 61, 80]))
    def wait(self, seconds: int) -> None:
        self.cluster.advance(seconds * SECOND)

    # Frameworks

    @rule(
        sender=schedulers,
        id=st.none() | framework_ids,
        aware=st.booleans(),
        force=st.booleans(),
        checkpoint=st.booleans(),
    )
    def subscribe(self, sender: PID, id: FrameworkId | None, *, aware: bool, force: bool, checkpoint: bool) -> None:
        capabilities = (Capability.PARTITION_AWARE,) if aware else ()
        info = a_framework_info(*capabilities, id=id, checkpoint=checkpoint)
        self.send(sender, mf.FrameworkSubscription(framework=info, force=force))

    @rule(id=framework_ids, stranger=schedulers)
    def unsubscribe(self, id: FrameworkId, stranger: PID) -> None:
        id = self.existing(id)
        self.send(
            self.scheduler_of(id, stranger, honest=stranger == SCHEDULERS[0]),
            mf.FrameworkUnsubscription(framework_id=id),
        )

    @rule(id=framework_ids)
    def tear_down_framework(self, id: FrameworkId) -> None:
        self.apply(TeardownRequested(id))

    @rule(pid=schedulers | agents)
    def exit(self, pid: PID) -> None:
        self.apply(Exited(pid))

    @rule(
        id=framework_ids,
        stranger=schedulers,
        manners=st.tuples(st.booleans(), st.booleans()),
        picked=st.lists(indexes, min_size=1, max_size=2),
        wanted=st.lists(st.tuples(task_ids, st.sampled_from([1, 1, 3, 9]), st.booleans()), max_size=3),
    )
    def accept(
        self,
        id: FrameworkId,
        stranger: PID,
        *,
        manners: tuple[bool, bool],
        picked: list[int],
        wanted: list[tuple[str, int, bool]],
    ) -> None:
        books, id = self.cluster.books, self.existing(id)
        honest, fresh = manners
        if id in self.cluster.allocator.frameworks and fresh:
            self.allocate(id)
        known = list(books.frameworks[id].offers if honest and id in books.frameworks else books.offers)
        offer_ids = tuple(known[index % len(known)] for index in picked) if known else ()
        agent_id = books.offers[offer_ids[0]].agent_id if offer_ids else AGENT_IDS[0]
        tasks = tuple(
            a_task_info(task_id, agent_id, cpus=cpus, executor=an_executor_info() if with_executor else None)
            for task_id, cpus, with_executor in wanted
        )
        message = mf.OfferAcceptance(framework_id=id, offer_ids=offer_ids, operations=(Launch(tasks=tasks),))
        self.send(self.scheduler_of(id, stranger, honest=honest), message)

    @rule(id=framework_ids, stranger=schedulers, honest=st.booleans(), index=indexes)
    def decline(self, id: FrameworkId, stranger: PID, *, honest: bool, index: int) -> None:
        id = self.existing(id)
        known = list(self.cluster.books.offers)
        offer_ids = (known[index % len(known)],) if known else ()
        message = mf.OfferDecline(framework_id=id, offer_ids=offer_ids, filters=Filters())
        self.send(self.scheduler_of(id, stranger, honest=honest), message)

    @rule(id=framework_ids, stranger=schedulers, task_id=task_ids, agent_id=st.none() | agent_ids)
    def kill(self, id: FrameworkId, stranger: PID, *, task_id: str, agent_id: AgentId | None) -> None:
        id = self.existing(id)
        agent_id = self.existing_agent(agent_id) if agent_id else None
        message = mf.TaskKillRequest(framework_id=id, task_id=TaskId(task_id), agent_id=agent_id)
        self.send(self.scheduler_of(id, stranger, honest=True), message)

    @rule(id=framework_ids, stranger=schedulers, task_id=task_ids, agent_id=agent_ids, number=st.integers(0, 2))
    def acknowledge(self, id: FrameworkId, stranger: PID, *, task_id: str, agent_id: AgentId, number: int) -> None:
        id = self.existing(id)
        agent_id = self.existing_agent(agent_id)
        message = mf.StatusAcknowledgement(
            framework_id=id, agent_id=agent_id, task_id=TaskId(task_id), uuid=a_uuid(number)
        )
        self.send(self.scheduler_of(id, stranger, honest=True), message)

    @rule(id=framework_ids, stranger=schedulers, task_id=st.none() | task_ids, agent_id=st.none() | agent_ids)
    def reconcile(self, id: FrameworkId, stranger: PID, *, task_id: str | None, agent_id: AgentId | None) -> None:
        id = self.existing(id)
        agent_id = self.existing_agent(agent_id) if agent_id else None
        asked = (mf.ReconciledTask(task_id=TaskId(task_id), agent_id=agent_id),) if task_id else ()
        message = mf.Reconciliation(framework_id=id, tasks=asked)
        self.send(self.scheduler_of(id, stranger, honest=True), message)

    # Agents

    @rule(sender=agents, run_id=st.sampled_from(["", "x"]))
    def register(self, sender: PID, run_id: str) -> None:
        self.send(sender, ma.AgentRegistration(agent=an_agent_info(), version="0.1.0", run_id=run_id))

    @rule(
        id=agent_ids,
        stranger=agents,
        honest=st.booleans(),
        tasks=st.lists(st.tuples(framework_ids, task_ids, states), max_size=3),
        with_executors=st.booleans(),
    )
    def reregister(
        self,
        id: AgentId,
        stranger: PID,
        *,
        honest: bool,
        tasks: list[tuple[FrameworkId, str, TaskState]],
        with_executors: bool,
    ) -> None:
        id = self.existing_agent(id)
        tasks = [(self.existing(framework_id), task_id, state) for framework_id, task_id, state in tasks]
        ids = dict.fromkeys(framework_id for framework_id, _, _ in tasks)
        message = ma.AgentReregistration(
            agent=an_agent_info(id=id),
            version="0.1.0",
            frameworks=tuple(a_framework_info(id=framework_id) for framework_id in ids),
            executors=tuple(
                ma.RunningExecutor(framework_id=framework_id, executor=an_executor_info(), container_id=C)
                for framework_id in ids
                if with_executors
            ),
            tasks=tuple(a_reported_task(each, id) for each in tasks),
            completed_tasks=tuple(a_reported_task(each, id) for each in tasks),
        )
        self.send(self.agent_of(id, stranger, honest=honest), message)

    @rule(sender=agents, id=agent_ids)
    def unregister(self, sender: PID, id: AgentId) -> None:
        self.send(sender, ma.AgentUnregistration(agent_id=id))

    @rule(sender=agents)
    def pong(self, sender: PID) -> None:
        self.send(sender, ma.Pong())

    @rule(
        sender=agents,
        id=framework_ids,
        task_id=task_ids,
        reported=st.tuples(states, st.none() | states),
        number=st.integers(0, 2),
    )
    def update(
        self,
        sender: PID,
        id: FrameworkId,
        *,
        task_id: str,
        reported: tuple[TaskState, TaskState | None],
        number: int,
    ) -> None:
        id = self.existing(id)
        self.send(sender, an_update(id, task_id, state=reported[0], uuid=a_uuid(number), latest=reported[1]))

    @rule(sender=agents, id=framework_ids, agent_id=agent_ids)
    def executor_exited(self, sender: PID, id: FrameworkId, *, agent_id: AgentId) -> None:
        id = self.existing(id)
        agent_id = self.existing_agent(agent_id)
        message = ma.ExecutorExited(
            agent_id=agent_id, framework_id=id, executor_id=an_executor_info().executor_id, exit_status=0
        )
        self.send(sender, message)


def a_reported_task(each: tuple[FrameworkId, str, TaskState], agent_id: AgentId) -> Task:
    framework_id, task_id, state = each
    return Task(
        task_id=TaskId(task_id),
        name=task_id,
        framework_id=framework_id,
        agent_id=agent_id,
        executor_id=None,
        state=state,
        resources=Resources.of(cpus=1),
    )


C = ContainerId("c")

TestPeers = Peers.TestCase
TestPeers.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)

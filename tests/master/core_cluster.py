"""A master's rules with everything around them that a test needs: peers are pids with an inbox, time is a number.

Answers that the world owes (records, authorizations, the allocator's) come at once, unless a test holds them back.
After each event the books are checked, and compared with the model allocator's: what is held is what is used, offered
or waiting, and nothing else.
"""

from __future__ import annotations

from collections import deque
from typing import TypeVar

from libprocess_py.message import Message
from libprocess_py.pid import PID
from master.core import effects as e
from master.core.entities import Agent, Framework
from master.core.events import AcceptanceAuthorized, Allocated, Event, Exited, Received
from master.core.state import MasterState
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import AgentRegistered, AgentRegistration
from mesos_py.protocol.messages.master_framework import (
    FrameworkSubscribed,
    FrameworkSubscription,
    ResourceOffers,
    StatusUpdate,
)
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import Task, TaskStatus
from tests.master.builders import a_framework_info, a_pid, a_task_info, an_acceptance, an_agent_info, some_settings
from tests.master.model_allocator import ModelAllocator

M = TypeVar("M", bound=Message)


class CoreCluster:
    """One master, its allocator and its peers."""

    def __init__(self, **settings: object) -> None:
        self.state = MasterState(some_settings(**settings))
        self.books = self.state.books
        self.allocator = ModelAllocator()
        self.now = 0
        self.inboxes: dict[PID, list[Message]] = {}
        self.timers: dict[str, tuple[int, Event]] = {}
        self.links: dict[PID, None] = {}
        self.counts: dict[str, int] = {}
        self.answers: deque[Event] = deque()
        self.effects: e.Effects = []  # Of the last event.
        self.holds_answers = False
        self.holds_allocator = False

    # Events

    def apply(self, event: Event) -> None:
        """One event, and whatever comes of it at once."""
        self.effects = self.state.apply(event, now=self.now)
        for effect in self.effects:
            self._perform(effect)
        self.check()
        if not self.holds_answers:
            self.answer()
        if not self.holds_allocator:
            self.let_allocator_speak()

    def answer(self) -> None:
        while self.answers:
            self.apply(self.answers.popleft())

    def let_allocator_speak(self) -> None:
        while self.allocator.outbox:
            self.apply(self.allocator.outbox.popleft())

    def send(self, sender: PID, message: Message) -> None:
        self.apply(Received(sender, message))

    def exit(self, pid: PID) -> None:
        self.apply(Exited(pid))

    def advance(self, ns: int) -> None:
        """Let time pass, and timers fire when they are due."""
        end = self.now + ns
        while due := [(at, key) for key, (at, _) in self.timers.items() if at <= end]:
            at, key = min(due)
            self.now = max(self.now, at)
            self.apply(self.timers.pop(key)[1])
        self.now = end

    def _perform(self, effect: e.Effect) -> None:
        match effect:
            case e.Send(to, message):
                self.inboxes.setdefault(to, []).append(message)
            case e.Link(pid):
                self.links[pid] = None
            case e.StartTimer(key, ns, event):
                self.timers[key] = (self.now + ns, event)
            case e.CancelTimer(key):
                self.timers.pop(key, None)
            case e.Persist(event):
                self.answers.append(event)
            case e.Authorize(number):
                self.answers.append(AcceptanceAuthorized(number, ()))
            case e.Count(name):
                self.counts[name] = self.counts.get(name, 0) + 1
            case _:
                self.allocator.call(effect)

    # What must hold

    def check(self) -> None:
        self.state.check()
        assert self.allocator.total.keys() == self.books.agents.keys()
        assert self.allocator.frameworks.keys() == self.books.frameworks.keys()
        for agent in self.books.agents.values():
            for framework in self.books.frameworks.values():
                held = self.allocator.held[agent.id].get(framework.id, NOTHING)
                assert held == self._accounted(framework, agent), f"{framework.id} on {agent.id}"
            assert (agent.id in self.allocator.inactive_agents) == (not agent.connected)
        for framework in self.books.frameworks.values():
            assert self.allocator.active[framework.id] == framework.active

    def _accounted(self, framework: Framework, agent: Agent) -> Resources:
        used = self.books.used_on(agent).get(framework.id, NOTHING)
        offers = (self.books.offers[id] for id in agent.offers)
        offered = Resources.sum(offer.resources for offer in offers if offer.framework_id == framework.id)
        pending = Resources.sum(
            acceptance.resources
            for acceptance in self.books.acceptances.values()
            if (acceptance.framework_id, acceptance.agent_id) == (framework.id, agent.id)
        )
        return used + offered + pending + self._on_its_way(framework.id, agent)

    def _on_its_way(self, framework_id: FrameworkId, agent: Agent) -> Resources:
        """Allocations that the master has not seen, and that the allocator has not forgotten."""
        booked, total = agent.booked, NOTHING
        for event in self.allocator.outbox:
            if not isinstance(event, Allocated):
                booked = booked or (event.agent_id, event.instance) == (agent.id, agent.instance)
                continue
            for allocation in event.allocations:
                if booked and (allocation.framework_id, allocation.agent_id) == (framework_id, agent.id):
                    total = total + allocation.resources
        return total

    # Reading

    def received(self, pid: PID, kind: type[M]) -> list[M]:
        return [message for message in self.inboxes.get(pid, []) if isinstance(message, kind)]

    def last(self, pid: PID, kind: type[M]) -> M:
        return self.received(pid, kind)[-1]

    def forget(self) -> None:
        """Empty the inboxes."""
        self.inboxes.clear()

    def statuses(self, scheduler: PID) -> list[TaskStatus]:
        return [update.status for update in self.received(scheduler, StatusUpdate)]

    def task(self, framework_id: FrameworkId, task_id: str) -> Task:
        return self.books.frameworks[framework_id].tasks[TaskId(task_id)]

    # Ready-made situations

    def an_agent(
        self, name: str = "slave(1)", *, host: int = 2, cpus: float = 4, run_id: str = ""
    ) -> tuple[PID, AgentId]:
        pid = a_pid(name, host)
        self.send(pid, AgentRegistration(agent=an_agent_info(cpus), version="0.1.0", run_id=run_id))
        return pid, self.last(pid, AgentRegistered).agent_id

    def a_framework(
        self, name: str = "scheduler(1)", *capabilities: Capability, **changes: object
    ) -> tuple[PID, FrameworkId]:
        pid = a_pid(name, host=9)
        self.send(pid, FrameworkSubscription(framework=a_framework_info(*capabilities, **changes)))
        return pid, self.last(pid, FrameworkSubscribed).framework_id

    def an_offer(self, framework_id: FrameworkId) -> Offer:
        """The newest offer of a run of the allocator in the framework's favour."""
        self.allocator.run(framework_id)
        self.let_allocator_speak()
        pid = self.books.frameworks[framework_id].pid
        assert pid is not None
        return self.last(pid, ResourceOffers).offers[-1]

    def a_task(self, framework_id: FrameworkId, task_id: str = "t", *, cpus: float = 1) -> Task:
        """Launched on the newest offer."""
        offer = self.an_offer(framework_id)
        pid = self.books.frameworks[framework_id].pid
        assert pid is not None
        self.send(pid, an_acceptance(offer, a_task_info(task_id, offer.agent_id, cpus=cpus)))
        return self.task(framework_id, task_id)

"""Performing what the master's rules want done: one exhaustive match for the world, one for the allocator.

Whatever must wait comes back to the actor as an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from allocators.allocator_process import AllocatorProcess
from libprocess_py.core.timers import Timer
from libprocess_py.pid import PID
from libprocess_py.process import Process
from master.authorizer import Authorizer
from master.core import effects as e
from master.core.events import AcceptanceAuthorized, AgentBooked, Event
from master.metrics import MasterMetrics


class Performer:
    """The hands of one master."""

    def __init__(
        self,
        process: Process,
        allocator: PID,
        *,
        authorizer: Authorizer,
        metrics: MasterMetrics,
        happened: Callable[[Event], None],
    ) -> None:
        self._process = process
        self._allocator = allocator
        self._authorizer = authorizer
        self._metrics = metrics
        self._happened = happened
        self._later = process.defer(happened)
        self._timers: dict[str, Timer] = {}

    def perform(self, effects: e.Effects) -> None:
        """All of them, in order."""
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: e.Effect) -> None:
        match effect:
            case e.Send(to, message):
                self._process.send(to, message)
            case e.Link(pid):
                self._process.link(pid)
            case e.StartTimer(key, ns, event):
                self._cancel(key)
                self._timers[key] = self._process.delay(ns, self._fired, key, event)
            case e.CancelTimer(key):
                self._cancel(key)
            case e.Persist(event):
                self._later(event)
            case e.Authorize(number, framework, tasks):
                denied = tuple(task.task_id for task in tasks if not self._authorizer.may_launch(framework, task))
                self._later(AcceptanceAuthorized(number, denied))
            case e.Count(name):
                self._metrics.count(name)
            case _:
                self._call_allocator(effect)

    def _cancel(self, key: str) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _fired(self, key: str, event: Event) -> None:
        del self._timers[key]
        self._happened(event)

    def _call_allocator(self, call: e.AllocatorCall) -> None:
        dispatch, to = self._process.dispatch, self._allocator
        match call:
            case e.AddFramework(id, info, active, suppressed):
                method = AllocatorProcess.add_framework
                dispatch(to, method, id, info, used={}, active=active, suppressed_roles=suppressed)
            case e.UpdateFramework(id, info, suppressed):
                dispatch(to, AllocatorProcess.update_framework, id, info, suppressed_roles=suppressed)
            case e.RemoveFramework(id):
                dispatch(to, AllocatorProcess.remove_framework, id)
            case e.ActivateFramework(id):
                dispatch(to, AllocatorProcess.activate_framework, id)
            case e.DeactivateFramework(id):
                dispatch(to, AllocatorProcess.deactivate_framework, id)
            case e.AddAgent():
                self._add_agent(call)
            case e.UpdateAgent(agent_id, agent):
                dispatch(to, AllocatorProcess.update_agent, agent_id, agent, total=agent.resources)
            case e.RemoveAgent(agent_id):
                dispatch(to, AllocatorProcess.remove_agent, agent_id)
            case e.ActivateAgent(agent_id):
                dispatch(to, AllocatorProcess.activate_agent, agent_id)
            case e.DeactivateAgent(agent_id):
                dispatch(to, AllocatorProcess.deactivate_agent, agent_id)
            case e.UseResources(id, agent_id, resources):
                dispatch(to, AllocatorProcess.transition_offered_to_allocated, id, agent_id, resources=resources)
            case e.RecoverOffered(id, agent_id, resources, refuse_ns):
                method_of_recovery = AllocatorProcess.recover_resources
                dispatch(to, method_of_recovery, id, agent_id, resources=resources, refuse_ns=refuse_ns or None)
            case e.RecoverUsed(id, agent_id, resources):
                dispatch(to, AllocatorProcess.recover_resources, id, agent_id, resources=resources, allocated=True)
            case e.SuppressOffers(id, roles):
                dispatch(to, AllocatorProcess.suppress_offers, id, roles)
            case e.ReviveOffers(id, roles):
                dispatch(to, AllocatorProcess.revive_offers, id, roles)
            case _:
                assert_never(call)

    def _add_agent(self, call: e.AddAgent) -> None:
        """Its answer comes after every allocation that was made before, and before every one that is made after."""
        method, info = AllocatorProcess.add_agent, call.agent
        added = self._process.dispatch(
            self._allocator, method, call.agent_id, info, total=info.resources, used=dict(call.used)
        )
        added.on_ready(lambda _: self._later(AgentBooked(call.agent_id, call.instance)))

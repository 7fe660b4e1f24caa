"""The one actor around a policy: it decides when runs take place, and tells the subscriber what they gave.

The subscriber dispatches to the methods below, which are the calls of `Allocator` without the time. A run is an event
of its own: whatever asks for one before it begins is served by it, so a burst of events costs one run. A batch run
over all agents comes every allocation interval. While the policy is paused, requests are dropped and not remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from allocators.allocator import Allocator, Conversion, Refusal
from allocators.explain.answer import HELP, answer
from allocators.explain.explained import ExplainedPolicy
from allocators.metrics import AllocatorMetrics
from allocators.run_requests import RunRequests
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.messages.master_allocator import InverseOffersDue, ResourcesAllocated
from mesos_py.protocol.offer_constraints import OfferConstraints
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources

ALLOCATOR_ID: Final = "allocator"


class AllocatorProcess(Process):
    """Serves one subscriber, the master of its node. Nothing runs before `subscribe`."""

    def __init__(self, allocator: Allocator, *, allocation_interval_ns: int) -> None:
        super().__init__(ALLOCATOR_ID)
        self._allocator = allocator
        self._interval_ns = allocation_interval_ns
        self._subscriber: PID | None = None
        self._requests = RunRequests()

    @property
    def policy(self) -> Allocator:
        """For checks and views; only the calls below change it."""
        return self._allocator

    def initialize(self) -> None:
        self._told = AllocatorMetrics(self.metrics, self._allocator, dispatches=self._dispatches)
        self.route("/explain", self._explain, help=HELP)

    def _dispatches(self) -> float:
        return self.event_count("dispatch")

    def _explain(self, request: Request) -> Response:
        return answer(self._allocator, request, now=self.clock.now())

    def watch(self, framework_id: FrameworkId) -> None:
        """Keep a ledger for the framework, which `/explain` shows."""
        if isinstance(self._allocator, ExplainedPolicy):
            self._allocator.watch(framework_id)

    def unwatch(self, framework_id: FrameworkId) -> None:
        if isinstance(self._allocator, ExplainedPolicy):
            self._allocator.unwatch(framework_id)

    def subscribe(self, subscriber: PID) -> None:
        """From now on allocations go to this actor, as `ResourcesAllocated`, and the batch timer runs."""
        assert self._subscriber is None, "expected one subscriber"
        self._subscriber = subscriber
        self.delay(self._interval_ns, self._batch)

    # Runs.

    def _batch(self) -> None:
        self.delay(self._interval_ns, self._batch)
        self._request(None, is_batch=True)

    def _trigger(self, agents: Collection[AgentId] | None) -> None:
        """Something happened that starts a run over these agents, or all (None)."""
        if not self._allocator.is_paused(now=self.clock.now()):
            self._request(agents, is_batch=False)

    def _request(self, agents: Collection[AgentId] | None, *, is_batch: bool) -> None:
        if self._subscriber is not None and self._requests.add(agents, now=self.clock.now(), is_batch=is_batch):
            self.dispatch(self.pid, AllocatorProcess.run)

    def run(self) -> None:
        """The pending run. Everything that was queued before it has been served."""
        subscriber, since, began = self._subscriber, self._requests.since, self.clock.now()
        assert subscriber is not None
        assert since is not None, "expected a run to be asked for"
        agents, is_batch = self._requests.take()
        was_paused = self._allocator.is_paused(now=began)
        allocations = self._allocator.allocate(agents, now=began, event_driven=not is_batch)
        if was_paused:
            return
        self._told.runs.add()
        if allocations:
            self.send(subscriber, ResourcesAllocated(allocations=allocations))
        inverse_allocations = self._allocator.inverse_offers(agents, now=began)
        if inverse_allocations:
            self.send(subscriber, InverseOffersDue(inverse_allocations=inverse_allocations))
        self._told.latency.record(began - since)
        self._told.run_time.record(self.clock.now() - began)

    # Frameworks.

    def add_framework(
        self,
        framework_id: FrameworkId,
        framework: FrameworkInfo,
        *,
        used: Mapping[AgentId, Resources],
        active: bool,
        suppressed_roles: Collection[str],
    ) -> None:
        self._allocator.add_framework(
            framework_id, framework, used=used, active=active, suppressed_roles=suppressed_roles
        )
        if active:
            self._trigger(None)

    def remove_framework(self, framework_id: FrameworkId) -> None:
        self._allocator.remove_framework(framework_id)

    def activate_framework(self, framework_id: FrameworkId) -> None:
        self._allocator.activate_framework(framework_id)
        self._trigger(None)

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        self._allocator.deactivate_framework(framework_id)

    def update_framework(
        self, framework_id: FrameworkId, framework: FrameworkInfo, *, suppressed_roles: Collection[str]
    ) -> None:
        self._allocator.update_framework(framework_id, framework, suppressed_roles=suppressed_roles)

    def update_offer_constraints(self, framework_id: FrameworkId, constraints: OfferConstraints) -> None:
        self._allocator.update_offer_constraints(framework_id, constraints)

    def suppress_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        self._allocator.suppress_offers(framework_id, roles)

    def revive_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        self._allocator.revive_offers(framework_id, roles)
        self._trigger(None)

    def request_resources(self, framework_id: FrameworkId, requests: Sequence[Resources]) -> None:
        self._allocator.request_resources(framework_id, requests)

    # Agents.

    def add_agent(
        self, agent_id: AgentId, agent: AgentInfo, *, total: Resources, used: Mapping[FrameworkId, Resources]
    ) -> None:
        self._allocator.add_agent(agent_id, agent, total=total, used=used)
        self._trigger((agent_id,))

    def remove_agent(self, agent_id: AgentId) -> None:
        self._allocator.remove_agent(agent_id)

    def update_agent(self, agent_id: AgentId, agent: AgentInfo, *, total: Resources) -> bool:
        is_changed = self._allocator.update_agent(agent_id, agent, total=total)
        if is_changed:
            self._trigger((agent_id,))
        return is_changed

    def activate_agent(self, agent_id: AgentId) -> None:
        self._allocator.activate_agent(agent_id)

    def deactivate_agent(self, agent_id: AgentId) -> None:
        self._allocator.deactivate_agent(agent_id)

    def add_resource_provider(
        self, agent_id: AgentId, total: Resources, *, used: Mapping[FrameworkId, Resources]
    ) -> None:
        self._allocator.add_resource_provider(agent_id, total, used=used)

    def update_whitelist(self, hostnames: Collection[str] | None) -> None:
        self._allocator.update_whitelist(hostnames)

    def update_unavailability(self, agent_id: AgentId, unavailability: Unavailability | None) -> None:
        self._allocator.update_unavailability(agent_id, unavailability)
        self._trigger((agent_id,))

    def update_inverse_offer(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        status: InverseOfferStatus | None = None,
        refuse_ns: int | None = None,
    ) -> None:
        self._allocator.update_inverse_offer(framework_id, agent_id, status=status, refusal=self._refusal(refuse_ns))

    # Resources.

    def recover_resources(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        resources: Resources,
        refuse_ns: int | None = None,
        allocated: bool = False,
    ) -> None:
        self._allocator.recover_resources(
            framework_id, agent_id, resources=resources, refusal=self._refusal(refuse_ns), allocated=allocated
        )

    def _refusal(self, refuse_ns: int | None) -> Refusal | None:
        return None if refuse_ns is None else Refusal(ns=refuse_ns, now=self.clock.now())

    def transition_offered_to_allocated(
        self, framework_id: FrameworkId, agent_id: AgentId, *, resources: Resources
    ) -> None:
        self._allocator.transition_offered_to_allocated(framework_id, agent_id, resources=resources)

    def update_allocation(
        self, framework_id: FrameworkId, agent_id: AgentId, *, conversions: Sequence[Conversion]
    ) -> None:
        self._allocator.update_allocation(framework_id, agent_id, conversions=conversions)

    def update_available(self, agent_id: AgentId, conversions: Sequence[Conversion]) -> bool:
        return self._allocator.update_available(agent_id, conversions)

    # Roles.

    def update_quota(self, role: str, quota: Quota) -> None:
        self._allocator.update_quota(role, quota)

    def update_weights(self, weights: Mapping[str, float]) -> None:
        self._allocator.update_weights(weights)

    # Life.

    def recover(self, expected_agents: int, quotas: Mapping[str, Quota]) -> None:
        self._allocator.recover(expected_agents, quotas, now=self.clock.now())

    def pause(self) -> None:
        self._allocator.pause()

    def resume(self) -> None:
        self._allocator.resume()

    def check(self) -> None:
        self._allocator.check()

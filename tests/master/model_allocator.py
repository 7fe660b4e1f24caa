"""An allocator that offers everything to whoever is first, and whose books are simple enough to be believed.

It asserts that nothing comes back that is not held, and what it sends goes into one queue, in order, as the real
one's does.
"""

from __future__ import annotations

from collections import deque

from master.core import effects as e
from master.core.events import AgentBooked, Allocated
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.resources import NOTHING, Resources


class ModelAllocator:
    """Who holds what, where."""

    def __init__(self) -> None:
        self.total: dict[AgentId, Resources] = {}
        self.held: dict[AgentId, dict[FrameworkId, Resources]] = {}
        self.inactive_agents: set[AgentId] = set()
        self.frameworks: dict[FrameworkId, FrameworkInfo] = {}
        self.active: dict[FrameworkId, bool] = {}
        self.refusals: list[tuple[FrameworkId, AgentId, int]] = []
        self.outbox: deque[Allocated | AgentBooked] = deque()

    def call(self, effect: e.Effect) -> None:
        """Do what the real one's method would."""
        match effect:
            case e.AddFramework(id, info, active):
                assert id not in self.frameworks
                self.frameworks[id], self.active[id] = info, active
            case e.UpdateFramework(id, info):
                self.frameworks[id] = info
            case e.RemoveFramework(id):
                del self.frameworks[id], self.active[id]
                for holders in self.held.values():
                    holders.pop(id, None)
            case e.ActivateFramework(id):
                self.active[id] = True
            case e.DeactivateFramework(id):
                self.active[id] = False
            case _:
                self._call_about_agent(effect)

    def _call_about_agent(self, effect: e.Effect) -> None:
        match effect:
            case e.AddAgent(id, info, used, instance):
                assert id not in self.total
                self.total[id], self.held[id] = info.resources, dict(used)
                self.outbox.append(AgentBooked(id, instance))
            case e.UpdateAgent(id, info):
                self.total[id] = info.resources
            case e.RemoveAgent(id):
                del self.total[id], self.held[id]
                self.inactive_agents.discard(id)
            case e.ActivateAgent(id):
                assert id in self.total
                self.inactive_agents.discard(id)
            case e.DeactivateAgent(id):
                assert id in self.total
                self.inactive_agents.add(id)
            case e.UseResources(framework_id, id, resources):
                assert self.held[id].get(framework_id, NOTHING).contains(resources)
            case e.RecoverOffered(framework_id, id, resources, refuse_ns):
                self._recover(framework_id, id, resources=resources)
                self.refusals.append((framework_id, id, refuse_ns))
            case e.RecoverUsed(framework_id, id, resources):
                self._recover(framework_id, id, resources=resources)
            case e.SuppressOffers() | e.ReviveOffers():
                pass
            case _:
                raise AssertionError(f"not a call to an allocator: {effect}")

    def _recover(self, framework_id: FrameworkId, agent_id: AgentId, *, resources: Resources) -> None:
        if framework_id not in self.frameworks or agent_id not in self.total:
            return  # A race that the interface allows: they are gone, and what they held with them.
        held = self.held[agent_id].get(framework_id, NOTHING)
        assert held.contains(resources), f"{resources} come back to {agent_id}, of which {framework_id} holds {held}"
        self.held[agent_id][framework_id] = held - resources

    def free(self, agent_id: AgentId) -> Resources:
        held = Resources.sum(self.held[agent_id].values()).unallocate()
        return self.total[agent_id] - held

    def run(self, framework_id: FrameworkId) -> None:
        """Everything that is free goes to one framework."""
        made = []
        role = self.frameworks[framework_id].roles[0]
        for agent_id in self.total:
            free = self.free(agent_id).allocate(role)
            if free and agent_id not in self.inactive_agents and self.active[framework_id]:
                self.held[agent_id][framework_id] = self.held[agent_id].get(framework_id, NOTHING) + free
                made.append(Allocation(framework_id=framework_id, agent_id=agent_id, role=role, resources=free))
        if made:
            self.outbox.append(Allocated(tuple(made)))

"""A replayed history and what is explained of it: for tests that plant a cause and look for its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from allocators.explain.blockers import Blocker
from allocators.explain.explanation import AgentExplanation, Explanation
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.policies.registry import find_policy
from allocators.replay.entities import settings_of
from allocators.replay.reading import Fields
from allocators.replay.stage import Stage
from allocators.replay.steps import carry_out
from mesos_py.protocol.ids import AgentId, FrameworkId

B = TypeVar("B", bound=Blocker)

F1, F2, N1 = FrameworkId("f1"), FrameworkId("f2"), AgentId("n1")


class Explained:
    """A policy under replay. Steps have the form of the case files."""

    def __init__(self, policy: str = "hierarchical", **config: Any) -> None:
        parameters: Mapping[str, str] = config.pop("parameters", {})
        settings = replace(settings_of(Fields(config, "config"), 0), parameters=parameters)
        allocator = find_policy(policy)(settings)
        assert isinstance(allocator, HierarchicalAllocator)
        self.allocator = allocator
        self.stage = Stage(self.allocator, settings)

    def do(self, op: str, **step: Any) -> None:
        carry_out(self.stage, Fields({"op": op, **step}, op))

    def agent(self, agent_id: str = "n1", **resources: Any) -> None:
        self.do("add_agent", id=agent_id, resources=resources or {"cpus": 4, "mem": 1024})

    def framework(self, framework_id: str, *roles: str, **fields: Any) -> None:
        self.do("add_framework", id=framework_id, roles=list(roles or ("a",)), **fields)

    def give_back(self, framework_id: str, *, filter_seconds: float | None = None) -> None:
        self.do("recover_all", framework=framework_id, filter_seconds=filter_seconds)

    def why(self, framework_id: str = "f1", role: str = "a", *, agent_id: str | None = None) -> Explanation:
        agent = None if agent_id is None else AgentId(agent_id)
        return self.allocator.explain(FrameworkId(framework_id), role, agent_id=agent, now=self.stage.now)

    def about(self, framework_id: str = "f1", role: str = "a", *, agent_id: str = "n1") -> AgentExplanation:
        (about,) = self.why(framework_id, role, agent_id=agent_id).agents
        return about

    def blockers(self, framework_id: str = "f1", *, role: str = "a", agent_id: str = "n1") -> tuple[Blocker, ...]:
        """Everything that is in the way of that agent."""
        explanation = self.why(framework_id, role, agent_id=agent_id)
        return (*explanation.blockers, *(each for agent in explanation.agents for each in agent.blockers))

    def reasons(self, framework_id: str = "f1", *, role: str = "a", agent_id: str = "n1") -> list[str]:
        return [each.reason for each in self.blockers(framework_id, role=role, agent_id=agent_id)]

    def the(self, kind: type[B], framework_id: str = "f1", *, role: str = "a", agent_id: str = "n1") -> B:
        """The one blocker of that kind."""
        blockers = self.blockers(framework_id, role=role, agent_id=agent_id)
        found = [each for each in blockers if isinstance(each, kind)]
        assert len(found) == 1, f"expected one {kind.__name__}, got {blockers}"
        return found[0]

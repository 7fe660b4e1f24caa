"""What makes a policy explain itself: the calls that those who ask make, over its scene."""

from __future__ import annotations

from abc import ABC, abstractmethod

from allocators.explain.explanation import Explanation, explain
from allocators.explain.scene import Scene
from allocators.explain.watch import Ledger, Watch
from mesos_py.protocol.ids import AgentId, FrameworkId


class ExplainedPolicy(ABC):
    """A policy on the shared engine, seen by those who ask why."""

    def __init__(self) -> None:
        self._watch = Watch(self.scene)

    @abstractmethod
    def scene(self) -> Scene:
        """Everything that explanations look at."""

    def explain(
        self, framework_id: FrameworkId, role: str, *, agent_id: AgentId | None = None, now: int
    ) -> Explanation:
        """Every reason why the framework has no offer under the role, of that agent or of any (None)."""
        return explain(self.scene(), framework_id, role=role, agent_id=agent_id, now=now)

    def roles_of(self, framework_id: FrameworkId) -> tuple[str, ...]:
        """The roles of a framework; none if it is not known."""
        framework = self.scene().books.frameworks.get(framework_id)
        return () if framework is None else tuple(framework.roles)

    def watch(self, framework_id: FrameworkId) -> None:
        """Keep a ledger of what runs mean for the framework. They take longer from now on."""
        self._watch.add(framework_id)
        self.scene().journal.watch(self._watch, after_run=self._watch.run_over)

    def unwatch(self, framework_id: FrameworkId) -> None:
        """Drop the framework's ledger."""
        self._watch.remove(framework_id)
        if not self._watch:
            self.scene().journal.watch(None, after_run=None)

    def ledger(self, framework_id: FrameworkId) -> Ledger | None:
        """The ledger of a framework that is watched."""
        return self._watch.ledger(framework_id)

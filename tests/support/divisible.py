"""A pool that can be cut, nearly: one agent, and tasks that are small beside it.

Each framework keeps one task of each offer and returns the rest without a refusal, so the policy decides about every
single task; who cannot use an offer any more is out. This is progressive filling, with the policy choosing who is next.
"""

from __future__ import annotations

from collections.abc import Mapping

from allocators.policies.registry import make_allocator
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import add_agent, add_framework, anything_goes


class DivisibleCluster:
    """One agent under one policy."""

    def __init__(self, policy: str, pool: Mapping[str, int]) -> None:
        self.allocator = make_allocator(policy, anything_goes())
        self._total = Resources.of(**pool)

    def fill(
        self, demands: Mapping[str, Mapping[str, int]], weights: Mapping[str, float] | None = None
    ) -> dict[str, int]:
        """How many tasks each user gets, given what one task of each needs. Users are frameworks and roles alike."""
        tasks = {user: Resources.of(**demand) for user, demand in demands.items()}
        counts = dict.fromkeys(demands, 0)
        agent = add_agent(self.allocator, "n1", total=self._total)
        self.allocator.update_weights(weights or {})
        frameworks = {user: add_framework(self.allocator, user, user) for user in demands}
        now = 0
        while allocations := self.allocator.allocate([agent], now=now):
            (offer,) = allocations
            user = str(offer.framework_id)
            task = tasks[user].allocate(user)
            back = offer.resources
            if offer.resources.contains(task):
                counts[user] += 1
                back = offer.resources - task
            else:
                self.allocator.suppress_offers(frameworks[user], ())
            self.allocator.recover_resources(offer.framework_id, agent, resources=back, refusal=None, allocated=False)
            now += 1
        return counts

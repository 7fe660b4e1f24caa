"""Defects of what is counted for onlookers: tallies of each framework, and metrics."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutation import Area, area

TALLIES: Final = area(
    "allocators/hierarchical/tallies.py",
    ("what stood before is not counted", "            self.runs[self.standing] += run - self.since\n", ""),
    ("a new standing begins with the old", "            self.standing, self.since = standing, run",
     "            self.standing = standing"),
    ("standing never changes", "        if standing is not self.standing:\n", "        if False:\n"),
    ("what stands now is not counted", "(run - self.since if standing is self.standing else 0)", "0"),
    ("what stands now counts for all", "(run - self.since if standing is self.standing else 0)", "(run - self.since)"),
    ("a new tally stands from the first run on", "self.since = run  #", "self.since = 0  #"),
    ("offers before a framework came count", "self.began_offers = offers", "self.began_offers = 0"),
    ("agents of a class are those that ever were", "self._agents.get(traits, 0) + sign",
     "self._agents.get(traits, 0) + 1"),
    ("agents of a class count from the first run", "self._sums.get(traits, 0) - sign * run",
     "self._sums.get(traits, 0)"),
    ("agents of a class never came late", "- sign * run", "- run"),
    ("all classes are avoided", "if each & avoided)", "if True)"),
    ("only classes that are avoided whole count", "if each & avoided)", "if each == avoided)"),
)  # fmt: skip

BOOKED: Final = area(
    "allocators/hierarchical/books.py",
    ("standing is not tallied", "            tally.stand(standing, self.runs)\n", ""),
    ("new traits that are avoided count from the start",
     "tally.avoided, tally.began_traits = avoided, self.classes.agent_runs(avoided, run=self.runs)",
     "tally.avoided = avoided"),
    ("traits that were avoided are forgotten",
     "                tally.lacking += self.classes.agent_runs(tally.avoided, run=self.runs) - tally.began_traits\n",
     ""),
    ("use that an agent reports is an offer", "                self.grant(agent, framework, grant=grant)\n"
     "                framework.tracked[grant.role].reported += 1\n",
     "                self.grant(agent, framework, grant=grant)\n"),
    ("use that was reported of a framework before it came is an offer",
     "                self._charge(framework, agent, grant=grant)\n"
     "                framework.tracked[grant.role].reported += 1\n",
     "                self._charge(framework, agent, grant=grant)\n"),
    ("a shared volume is not among what is held", "for agent in self.with_shared.values():", "for agent in ():"),
    ("a shared volume counts for each that holds it", "sums = dict(self.held)\n        for agent in self.with_shared"
     ".values():\n            volumes = {kind: 1 for held in agent.held.values() for kind in held.shared()"
     ".unallocate().amounts}",
     "sums = dict(self.held)\n        for agent in self.with_shared"
     ".values():\n            volumes = [kind for held in agent.held.values() for kind in held.shared()"
     ".unallocate().amounts]"),
)  # fmt: skip

METRICS: Final = area(
    "allocators/metrics.py",
    ("totals are what is held", 'partial(_of, allocator.total, name)',
     'partial(_of, allocator.offered_or_allocated, name)'),
    ("what is held are totals", 'partial(_of, allocator.offered_or_allocated, name)',
     'partial(_of, allocator.total, name)'),
    ("amounts are told in thousandths", "return from_milli(read()[name])", "return float(read()[name])"),
    ("roles of before have no gauges", "                self.role_added(role)\n", "                pass\n"),
    ("quotas of before have no gauges", "                self.quota_set(role, quota)\n", "                pass\n"),
    ("nobody tells of new roles", "            self._scene.books.listener = self\n", ""),
    ("shares outlive their role", '        self._metrics.remove(f"{PREFIX}/roles/{role}/shares/dominant")\n', ""),
    ("refusals outlive their role", '        self._metrics.remove(f"{PREFIX}/offer_filters/roles/{role}/active")\n',
     ""),
    ("quotas outlive their end", "            self._metrics.remove(gauge)\n", "            pass\n"),
    ("quotas of nothing are told", "        if quota.is_default:\n            return\n", "",
     "Such a quota has no names, and so no gauges."),
    ("guarantees without limits are not told", "dict.fromkeys((*guarantees, *limits))", "limits"),
    ("limits without guarantees are not told", "dict.fromkeys((*guarantees, *limits))", "guarantees"),
    ("guarantees are told as limits", "partial(from_milli, guarantees[name])",
     "partial(from_milli, limits.get(name, 0))"),
    ("names of quotas are forgotten", "        self._of_quotas[role] = tuple(gauges)\n", ""),
    ("refusals of one framework are all", "return sum(count_of(", "return max(count_of("),
    ("refusals are of all that is there", "self._scene.books.framework_sorters[role].clients())",
     "self._scene.books.frameworks)",
     "A framework has no refusals under a role that it has not."),
    ("what is consumed is what is held", "self._scene.books.roles.consumed(role)",
     "self._scene.books.roles.held_below(role)"),
    ("what is held counts reservations", "self._scene.books.roles.held_below(role)",
     "self._scene.books.roles.consumed(role)"),
)  # fmt: skip

AREAS: Final[tuple[Area, ...]] = (TALLIES, BOOKED, METRICS)

"""Defects of what the calls do: what they drop, what they wake, and when a run takes place."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutation import Area, area

ALLOCATOR: Final = area(
    "allocators/hierarchical/allocator.py",
    (
        "a new framework wakes nobody",
        "        self.books.update_membership(book)\n        self._wake_all()\n\n    def remove_framework",
        "        self.books.update_membership(book)\n\n    def remove_framework",
    ),
    (
        "an activated framework wakes nobody",
        "        framework.active = True\n        self.books.update_membership(framework)\n        self._wake_all()\n",
        "        framework.active = True\n        self.books.update_membership(framework)\n",
    ),
    (
        "a revived framework wakes nobody",
        "        self.maintenance.drop_refusals(framework_id)\n        self._wake_all()\n\n    def request_resources",
        "        self.maintenance.drop_refusals(framework_id)\n\n    def request_resources",
    ),
    (
        "an updated framework wakes nobody",
        "        self._wake_all()\n\n    def update_offer_constraints",
        "\n    def update_offer_constraints",
    ),
    ("a new whitelist wakes nobody", "frozenset(hostnames)\n        self._wake_all()\n", "frozenset(hostnames)\n"),
    (
        "what is used is held twice if it was told before",
        "resources=resources - agent.held.get(framework_id, NOTHING))",
        "resources=resources)",
    ),
    (
        "a framework that goes leaves its refusals",
        "        self.books.remove_framework(framework_id)\n        self.refusals.forget_framework(framework_id)\n",
        "        self.books.remove_framework(framework_id)\n",
    ),
    (
        "deactivation keeps refusals",
        "        self.refusals.drop_framework(framework_id)\n        self.maintenance.drop_refusals(framework_id)\n",
        "        self.maintenance.drop_refusals(framework_id)\n",
    ),
    (
        "deactivation is not told to sorters",
        "        framework.active = False\n        self.books.update_membership(framework)\n",
        "        framework.active = False\n",
    ),
    (
        "leaving a role keeps its refusals",
        "                self.refusals.forget_role(framework_id, role)\n",
        "                pass\n",
    ),
    (
        "ending suppression by update keeps refusals",
        "elif role in old_suppressed and role not in book.suppressed:",
        "elif False:",
    ),
    ("every update drops refusals", "elif role in old_suppressed and role not", "elif role not"),
    ("an update adds to suppression", "        book.suppressed = {}\n", ""),
    (
        "suppression is not told to sorters",
        "framework.suppress(roles or framework.roles)\n            self.books.update_membership(framework)\n",
        "framework.suppress(roles or framework.roles)\n",
    ),
    ("reviving keeps suppression", "            framework.suppressed.pop(role, None)\n", ""),
    (
        "reviving keeps refusals",
        "            framework.suppressed.pop(role, None)\n            self.refusals.drop_role(framework_id, role)\n",
        "            framework.suppressed.pop(role, None)\n",
    ),
    ("reviving one role revives all", "for role in roles or tuple(framework.roles):", "for role in framework.roles:"),
    ("an agent that goes leaves its refusals", "        self.refusals.drop_agent(agent_id)\n        "
     "self.maintenance.set(agent_id, None)\n", "        self.maintenance.set(agent_id, None)\n"),
    ("an agent that goes leaves its schedule", "        self.maintenance.set(agent_id, None)\n", ""),
    ("other attributes keep refusals", "        if old.attributes != agent.attributes:", "        if False:"),
    ("every update of an agent drops refusals", "        if old.attributes != agent.attributes:", "        if True:"),
    ("a new total is no change", "_facts(old) != _facts(agent) or book.total != total", "_facts(old) != _facts(agent)"),
    ("new facts are no change", "_facts(old) != _facts(agent) or book.total != total", "book.total != total"),
    ("an activated agent stays asleep", "        self.books.agents[agent_id].active = True\n        "
     "self._wake(agent_id)\n", "        self.books.agents[agent_id].active = True\n"),
    ("what comes back wakes nobody", "resources=resources, refusal=refusal)\n        self._wake(agent_id)\n",
     "resources=resources, refusal=refusal)\n"),
    ("a refusal of no time is one", "refusal is not None and refusal.ns != 0:", "refusal is not None:"),
    ("a refusal may be shorter than an interval", "max(asked, self._settings.allocation_interval_ns)", "asked"),
    ("roles that were left are refused", "            if grant.role in framework.roles:\n", "            if True:\n"),
    ("a refusal keeps its role tag", "grant.bundle.resources, until=until",
     "grant.resources, until=until"),
    ("the operator may change shared volumes in use", " or agent.holds_shared(consumed)", ""),
    ("another copy of a shared volume is more of it", "        if consumed:  #", "        if True:  #"),
    ("without quotas there is a pause, too", "        if self.books.roles.quotas:\n            self._recovery.begin",
     "        if True:\n            self._recovery.begin"),
    ("agents that are back are not counted", "        self._recovery.agents_known(len(self.books.agents))\n", ""),
    ("ended refusals wake nobody", "self.candidates.wake_each(self.refusals.expire(now))",
     "self.refusals.expire(now)"),
    ("runs between batches count as batches", "if agents is None and not event_driven:", "if agents is None:"),
    ("batches are not counted", "            self.refusals.batches += 1", "            pass"),
    ("pauses mean nothing", "        if self.is_paused(now=now):\n            return ()\n", ""),
    ("every run has the same order", "        self.books.runs += 1\n", ""),
    ("the seed does not matter", 'stable_hash(self._settings.seed, "run", self.books.runs)',
     'stable_hash("run", self.books.runs)'),
    ("inactive agents are offered", "return agent.active and (self._whitelist", "return (self._whitelist"),
    ("the whitelist is of ids", "agent.info.hostname in self._whitelist)", "agent.id in self._whitelist)"),
    ("inactive frameworks are asked to leave", "framework is not None and framework.active and schedule",
     "framework is not None and schedule"),
    ("new weights are not told to sorters", "            self.books.role_sorter.update_weight(role, weight)",
     "            pass"),
)  # fmt: skip

CANDIDATES: Final = area(
    "allocators/hierarchical/candidates.py",
    ("calls to all are not heard", "agent.passed < self._calls or agent.id", "agent.id"),
    ("only calls to all are heard", "return agent.passed < self._calls or agent.id in self._awake",
     "return agent.passed < self._calls"),
)  # fmt: skip

AREAS: Final[tuple[Area, ...]] = (ALLOCATOR, CANDIDATES)

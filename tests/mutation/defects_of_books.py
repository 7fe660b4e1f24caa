"""Defects of the books: what is held, by whom, and what is added up of it."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutation import Area, area

BOOKS: Final = area(
    "allocators/hierarchical/books.py",
    ("bookings are not told to the role sorter",
     "(framework_id, entry)\n        self.role_sorter.allocated(role, entry)\n",
     "(framework_id, entry)\n"),
    ("use of before is not told to the role sorter",
     "(framework.id, entry)\n        self.role_sorter.allocated(role, entry)\n",
     "(framework.id, entry)\n"),
    ("returns are not told to the framework sorter",
     "        self.framework_sorters[role].unallocated(framework.id, entry)\n", ""),
    ("an agent that goes leaves what was held", "        for framework_id, resources in list(agent.held.items()):\n"
     "            self.unhold(agent, framework_id, resources=resources)\n", ""),
    ("an agent that goes stays in the pool", "        self.set_total(agent, NOTHING)\n", ""),
    ("a framework is forgotten while it holds something", "if role in framework.roles or role in framework.holdings:",
     "if role in framework.roles:"),
    ("roles that nobody needs stay", "        if not len(sorter):", "        if False:"),
    ("what is told of unknown frameworks is never charged", "self._uncharged.pop(framework.id, ())", "()"),
    ("an operation counts as an allocation for the role",
     "        self.role_sorter.update(role, old_entry, new=new_entry)\n",
     "        self.role_sorter.allocated(role, new_entry)\n        self.role_sorter.unallocated(role, old_entry)\n"),
    ("an operation counts as an allocation for the framework",
     "        self.framework_sorters[role].update(framework_id, old_entry, new=new_entry)\n",
     "        self.framework_sorters[role].allocated(framework_id, new_entry)\n"
     "        self.framework_sorters[role].unallocated(framework_id, old_entry)\n"),
    ("shared volumes are not in the pool", "amounts = dict(resources.scalar_quantities.items())",
     "amounts = dict(resources.non_shared().scalar_quantities.items())"),
    ("who is active again is not told to sorters", "                sorter.activate(framework.id)",
     "                pass"),
)  # fmt: skip

AMOUNTS: Final = area(
    "allocators/hierarchical/amounts.py",
    ("a shared reservation counts as often as it is held", "amount=1 if kind.shared else amount", "amount=amount"),
    ("revocable resources are plain", "return not (kind.reservations or kind.revocable or kind.shared)",
     "return not (kind.reservations or kind.shared)"),
    ("reservations are plain", "return not (kind.reservations or kind.revocable or kind.shared)",
     "return not (kind.revocable or kind.shared)"),
)  # fmt: skip

ROLES: Final = area(
    "allocators/hierarchical/roles.py",
    ("reservations are not consumed",
     "(self._reservations_below, self._ledger.by_role", "(self._ledger.by_role"),
    ("reservations below do not count for those above", "self._reservations_below, role.partition(\"/\")[0], amounts",
     "self._reservations_below, role, amounts"),
    ("only known frameworks make a role known", "reasons = [*roles_of_frameworks, *self.quotas, *self.reservations]",
     "reasons = [*roles_of_frameworks]"),
)  # fmt: skip

AGENTS: Final = area(
    "allocators/hierarchical/agents.py",
    ("shared volumes that are held are not free", "taken = part.unallocate().non_shared()",
     "taken = part.unallocate()"),
    ("an overcommitted agent is taken for exact", "self.free, self.is_exact, self._bundle = self.total, True, None\n"
     "        for part in self.held.values():\n            taken = part.unallocate().non_shared()\n"
     "            self.is_exact = self.is_exact and self.free.contains(taken)\n",
     "self.free, self.is_exact, self._bundle = self.total, True, None\n"
     "        for part in self.held.values():\n            taken = part.unallocate().non_shared()\n"),
    ("a reserved agent is taken for plain", "kind.reservations or kind.revocable or kind.shared for kind",
     "kind.revocable or kind.shared for kind"),
    ("what becomes less is not looked up again", "            self.free -= taken\n            self._bundle = None\n",
     "            self.free -= taken\n"),
)  # fmt: skip

AUDIT: Final = area(
    "allocators/hierarchical/audit.py",
    ("a check gives whole agents away", "        self._book(agent, framework, grant=bundle.grant(role))\n",
     "        super()._give(agent, framework, role=role, bundle=bundle)\n"),
    ("a check gives parts of agents away", "        raise AssertionError(f\"{agent.id} is asleep",
     "        return super()._book(agent, framework, grant=grant)\n"
     "        raise AssertionError(f\"{agent.id} is asleep"),
    ("a check is counted like a run", '        """No run, so nothing to count."""\n',
     "        super()._note(finding, framework, role=role)\n"),
)  # fmt: skip

AREAS: Final[tuple[Area, ...]] = (BOOKS, AMOUNTS, ROLES, AGENTS, AUDIT)

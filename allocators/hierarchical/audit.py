"""Do the books agree? Everything that is kept as a running sum is added up again. Slow: for tests and simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.amounts import Amounts, change, change_by_role, plain, reserved, reserved_by_role, scalars
from allocators.hierarchical.books import Books, by_role
from allocators.hierarchical.eligibility import Eligibility
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.grants import Bundle, Grant
from allocators.hierarchical.refusals import Refusals
from allocators.hierarchical.run import Run
from allocators.hierarchical.tallies import Finding
from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.sorter import Entry
from allocators.sorters.tree import Node
from mesos_py.protocol.ids import AgentId, FrameworkId


def check_books(books: Books) -> None:
    """Assert that every sum is the sum of its parts."""
    for agent in books.agents.values():
        agent.check()
    _check_cluster(books)
    _check_roles(books)
    _check_sorters(books)
    _check_membership(books)


class Probe(Run):
    """A run over agents of which nobody may be offered anything."""

    def _give(self, agent: AgentBook, framework: FrameworkBook, *, role: str, bundle: Bundle) -> None:
        self._book(agent, framework, grant=bundle.grant(role))

    def _book(self, agent: AgentBook, framework: FrameworkBook, *, grant: Grant) -> None:
        raise AssertionError(f"{agent.id} is asleep, and {framework.id} may have {grant.resources}")

    def _note(self, finding: Finding, framework: FrameworkBook, *, role: str) -> None:
        """No run, so nothing to count."""


def check_sleep(books: Books, eligibility: Eligibility, *, refusals: Refusals, asleep: Iterable[AgentBook]) -> None:
    """Assert that a run over these agents would offer nothing: nobody was put to sleep, or left asleep, too early."""
    if isinstance(books.role_sorter, KeyedSorter):  # Others draw with every walk, and a check must change nothing.
        Probe(books, eligibility, refusals=refusals, draw=0).over(asleep)


def _check_cluster(books: Books) -> None:
    pool: Amounts = {}
    sums: dict[str, Amounts] = {"total": {}, "held": {}, "reserved": {}, "reserved_held": {}}
    for agent in books.agents.values():
        change(pool, dict(agent.total.scalar_quantities.items()), sign=1)
        change(sums["total"], scalars(agent.total), sign=1)
        change(sums["reserved"], reserved(agent.total), sign=1)
        for held in agent.held.values():
            change(sums["held"], scalars(held), sign=1)
            change(sums["reserved_held"], reserved(held), sign=1)
    assert dict(books.pool.totals) == pool
    assert books.total == sums["total"]
    assert books.held == sums["held"]
    assert books.reserved_total == sums["reserved"]
    assert books.reserved_held == sums["reserved_held"]
    revocable = {agent.id for agent in books.agents.values() if agent.total.revocable()}
    assert books.with_revocable.keys() == revocable
    assert books.with_shared.keys() == {agent.id for agent in books.agents.values() if agent.total.shared()}
    assert books.overcommitted.keys() == {agent.id for agent in books.agents.values() if not agent.is_exact}
    assert books.with_free.keys() == {agent.id for agent in books.agents.values() if agent.free}


def _check_roles(books: Books) -> None:
    reservations: dict[str, Amounts] = {}
    subtrees: dict[str, Amounts] = {}
    held: dict[str, Amounts] = {}
    in_use: dict[str, Amounts] = {}
    for agent in books.agents.values():
        for role, amounts in reserved_by_role(agent.total).items():
            change_by_role(reservations, role, amounts=amounts, sign=1)
            change_by_role(subtrees, role.partition("/")[0], amounts=amounts, sign=1)
        for table, parts in ((held, agent.held), (in_use, agent.in_use)):
            for framework_id, resources in parts.items():
                if framework_id in books.frameworks:
                    for role, part in by_role(resources).items():
                        change_by_role(table, role, amounts=plain(part), sign=1)
    assert books.roles.reservations == reservations
    assert books.roles.held == held
    assert books.roles.in_use == in_use
    for role, amounts in held.items():
        change_by_role(subtrees, role.partition("/")[0], amounts=amounts, sign=1)
    for role in {role.partition("/")[0]: None for role in (*reservations, *held, *books.roles.quotas)}:
        assert books.roles.consumed(role) == subtrees.get(role, {}), role


def _check_sorters(books: Books) -> None:
    books.role_sorter.check()
    accounts: dict[str, dict[FrameworkId, Node]] = {}
    roles: dict[str, Node] = {}
    for agent in books.agents.values():
        for framework_id, resources in agent.held.items():
            if framework_id in books.frameworks:
                for role, part in by_role(resources).items():
                    entry = Entry(agent.id, part)
                    accounts.setdefault(role, {}).setdefault(framework_id, Node("", None)).book(entry)
                    roles.setdefault(role, Node("", None)).book(entry)
    for role, sorter in books.framework_sorters.items():
        sorter.check()
        for client in sorter.clients():
            assert sorter.held(client) == _held(accounts.get(role, {}).get(FrameworkId(client))), (role, client)
        assert books.role_sorter.held(role) == _held(roles.get(role)), role


def _held(node: Node | None) -> Mapping[str, int]:
    return {} if node is None else node.held


def _check_membership(books: Books) -> None:
    tracked: dict[str, set[FrameworkId]] = {}
    for framework in books.frameworks.values():
        holdings: dict[str, dict[AgentId, None]] = {}
        for agent in books.agents.values():
            for role in by_role(agent.held[framework.id]) if framework.id in agent.held else ():
                holdings.setdefault(role, {})[agent.id] = None
        assert framework.holdings.keys() == holdings.keys()
        for role, agents in holdings.items():
            assert framework.holdings[role].keys() == agents.keys()
        for role in [*framework.roles, *holdings]:
            tracked.setdefault(role, set()).add(framework.id)
            assert books.framework_sorters[role].is_active(framework.id) == framework.takes_part(role)
        assert framework.tracked.keys() == {*framework.roles, *holdings}
    assert tracked == {role: set(sorter.clients()) for role, sorter in books.framework_sorters.items()}
    assert set(books.role_sorter.clients()) == set(books.framework_sorters)

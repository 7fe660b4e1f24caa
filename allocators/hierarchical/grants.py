"""Resources that many agents have alike, looked at once: bundles (without a role) and grants (a bundle for a role).

Machines are bought by the dozen and offers go back and forth, so the same few values come by again and again.
`Interned` keeps one `Bundle` for equal resources and one `Grant` for equal resources held under a role, with whatever a
run or a booking asks of them: a run then compares objects, and adds up nothing twice. Both are pure functions of the
resources they are made of, so there is nothing to invalidate; the tables are emptied when they grow too large, which
costs time and changes nothing.
"""

from __future__ import annotations

from typing import Any, Final

from allocators.hierarchical.amounts import Amounts, is_plain, plain, reserved, scalars
from allocators.sorters.sorter import Entry
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources

KEPT_MAX: Final = 8_192  # Some kilobytes each; clusters have far fewer kinds of machines and of tasks.
NOBODY: Final = AgentId("")  # Entries without shared volumes are the same on every agent.


class Bundle:
    """Resources of an agent, without roles."""

    __slots__ = (
        "_enough", "_goods", "_is_common", "_riders", "entry", "grants", "plain", "reserved", "resources", "scalars",
        "taken",
    )  # fmt: skip

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.taken = resources.non_shared()  # What of it is no longer free when it is held.
        self.scalars: Amounts = scalars(resources)
        self.plain: Amounts = plain(resources)
        self.reserved: Amounts = reserved(resources)
        self.entry = Entry(NOBODY, resources)
        self._goods: Resources | None = None
        self._riders: Resources | None = None
        self._is_common: bool | None = None
        self.grants: dict[str, Grant] = {}  # Those that somebody asked for, by role. Only read by others.
        self._enough: dict[tuple[Quantities, ...], bool] = {}

    @property
    def goods(self) -> Resources:
        """What quota and headroom speak of: scalars neither reserved nor revocable nor shared."""
        if self._goods is None:
            self._goods = self.resources.filter(is_plain).scalars()
        return self._goods

    @property
    def riders(self) -> Resources:
        """What goes along with them: everything else."""
        if self._riders is None:
            self._riders = self.resources - self.goods
        return self._riders

    @property
    def is_common(self) -> bool:
        """Would all agents that have it free be served alike? Not if it is chopped at random, or offered once a run."""
        if self._is_common is None:
            names = [kind.name for kind in self.goods.kinds]
            self._is_common = len({*names}) == len(names) and self.taken is self.resources
        return self._is_common

    def grant(self, role: str) -> Grant:
        """All of it, for that role."""
        grant = self.grants.get(role)
        if grant is None:
            _make_room(self.grants)
            grant = self.grants[role] = Grant(role, self)
        return grant

    def is_enough(self, smallest: tuple[Quantities, ...]) -> bool:
        """Is it an offer worth making? With an empty list anything is that is there."""
        verdict = self._enough.get(smallest)
        if verdict is None:
            _make_room(self._enough)
            verdict = self._enough[smallest] = is_enough(self.resources, smallest)
        return verdict


class Grant:
    """A bundle held under one role. `resources` are allocated to that role."""

    __slots__ = ("_entry", "bundle", "resources", "role")

    def __init__(self, role: str, bundle: Bundle) -> None:
        self.role = role
        self.bundle = bundle
        self.resources = bundle.resources.allocate(role)
        # Accounts tell shared volumes apart by agent, and by the role that holds them.
        self._entry = bundle.entry if bundle.taken is bundle.resources else None

    def entry(self, agent_id: AgentId) -> Entry:
        """What sorters book."""
        return self._entry or Entry(agent_id, self.resources)


class Interned:
    """One object for equal bundles, and for equal grants."""

    __slots__ = ("_bundles", "_kept_max", "_parts")

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._bundles: dict[Resources, Bundle] = {}
        self._parts: dict[Resources, tuple[Grant, ...]] = {}

    def bundle(self, resources: Resources) -> Bundle:
        """The bundle of these resources, which carry no role."""
        bundle = self._bundles.get(resources)
        if bundle is None:
            _make_room(self._bundles, self._kept_max)
            bundle = self._bundles[resources] = Bundle(resources)
        return bundle

    def grants(self, resources: Resources) -> tuple[Grant, ...]:
        """Held resources, which carry their roles, as grants in order of roles."""
        parts = self._parts.get(resources)
        if parts is None:
            _make_room(self._parts, self._kept_max)
            by_role = resources.allocations_by_role()
            assert sum(len(part.amounts) for part in by_role.values()) == len(resources.amounts), (
                f"expected resources that are allocated to a role, got {resources}"
            )
            parts = tuple(self.bundle(part.unallocate()).grant(role) for role, part in by_role.items())
            self._parts[resources] = parts
        return parts


def is_enough(resources: Resources, smallest: tuple[Quantities, ...]) -> bool:
    """Does the bundle contain one of these, or anything at all if there are none?"""
    if not smallest:
        return bool(resources)
    quantities = resources.quantities
    return bool(quantities) and any(quantities.contains(each) for each in smallest)


def _make_room(table: dict[Any, Any], kept_max: int = KEPT_MAX) -> None:
    if len(table) >= kept_max:
        table.clear()


EMPTY: Final = Bundle(NOTHING)

"""What every sorter does: keep the accounts of its clients and say who is next (AL-03 to AL-07).

Clients are paths such as `eng/backend`; a framework id is a path of one part. A client takes part while it is active;
inactive ones keep their accounts and weigh in those of the nodes above them. Shares refer to one `Pool`, the scalars
of the whole cluster, which all sorters of an allocator have in common. What a booking adds to an account is computed
once, as an `Entry`, for all the sorters that book it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol, TypeAlias

from libprocess_py.message import Record
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import ResourceKind, Resources
from mesos_py.protocol.values import MILLI

# A shared volume is one thing however many copies are held, so accounts must tell volumes apart.
SharedKey: TypeAlias = tuple[AgentId, ResourceKind]

# Keys of the nodes on the way down to a client: what is compared first is where two clients part.
Rank: TypeAlias = tuple[tuple[Any, ...], ...]

_SCALAR: Final = int
SHARES_MAX: Final = 65_536  # Remembered at a time; bounds memory where many nodes hold many different things.


class Entry:
    """Resources of one agent as accounts see them: thousandths by name, and copies of shared volumes."""

    __slots__ = ("amounts", "shared")

    amounts: dict[str, int]
    shared: dict[SharedKey, int]

    def __init__(self, agent_id: AgentId, resources: Resources) -> None:
        self.amounts = {}
        self.shared = {}
        for kind, amount in resources.amounts.items():
            if kind.shared:
                self.shared[agent_id, kind] = amount
            elif isinstance(amount, _SCALAR):
                milli = amount if kind.whole is None else amount * kind.whole
                self.amounts[kind.name] = self.amounts.get(kind.name, 0) + milli


class Pool:
    """The scalars of all agents, and a number that changes whenever they do."""

    __slots__ = ("epoch", "excluded", "shares", "totals")

    def __init__(self, excluded: frozenset[str] = frozenset()) -> None:
        self.excluded = excluded  # Names that count in no share, such as gpus that few can use.
        self.epoch = 0
        self.shares: dict[tuple[Entry, int], float] = {}  # Of copies of an entry, until the pool changes. Only read.
        self.totals: dict[str, int] = {}  # Thousandths by name; a name that nobody has is absent. Only read.

    def add(self, amounts: Mapping[str, int]) -> None:
        """More of these, e.g. of a new agent."""
        self._change(amounts, 1)

    def remove(self, amounts: Mapping[str, int]) -> None:
        """Less of these, e.g. of an agent that went."""
        self._change(amounts, -1)

    def _change(self, amounts: Mapping[str, int], sign: int) -> None:
        for name, milli in amounts.items():
            total = self.totals.get(name, 0) + sign * milli
            assert total >= 0, f"the pool would have {total / MILLI} of {name}"
            self.totals[name] = total
            if not total:
                del self.totals[name]
            self.epoch += 1
        self.shares.clear()

    def share(self, held: Mapping[str, int]) -> float:
        """The dominant share: the largest fraction of the pool, over the names that count.

        From integers every time, so that equal holdings are equal shares to the last bit.
        """
        totals = self.totals
        if self.excluded:
            fractions = (held[name] / totals[name] for name in held if name in totals and name not in self.excluded)
            return max(fractions, default=0.0)
        share = 0.0
        for name, milli in held.items():
            total = totals.get(name)
            if total is not None and (fraction := milli / total) > share:
                share = fraction
        return share

    def share_of(self, entry: Entry, copies: int) -> float:
        """The dominant share of so many copies, worked out once."""
        share = self.shares.get((entry, copies))
        if share is None:
            if len(self.shares) >= SHARES_MAX:
                self.shares.clear()
            held = {name: milli * copies for name, milli in entry.amounts.items()}
            share = self.shares[entry, copies] = self.share(held)
        return share


class Standing(Record):
    """A client where it competes with a rival: the path that is compared, its share by weight, and its bookings."""

    path: str
    share: float
    allocations: int


class Sorter(Protocol):
    """Accounts of clients, and their order. New clients are inactive."""

    def add(self, client: str) -> None: ...

    def remove(self, client: str) -> None:
        """Forget the client and what it holds."""

    def activate(self, client: str) -> None: ...

    def deactivate(self, client: str) -> None: ...

    def update_weight(self, path: str, weight: float) -> None:
        """For the subtree at `path`, whether or not it has clients now."""

    def allocated(self, client: str, entry: Entry) -> None:
        """The client holds more; this is counted as one allocation."""

    def unallocated(self, client: str, entry: Entry) -> None:
        """The client holds less."""

    def update(self, client: str, old: Entry, *, new: Entry) -> None:
        """What the client holds turned into something else; not counted as an allocation."""

    def walk(self) -> Iterator[str]:
        """The active clients, most deserving first, in the order of the moment when the walk begins.

        Bookings during the walk do not disturb it; a second walk begun meanwhile does.
        """

    def first(self) -> str | None:
        """With whom the walk would begin; None: with nobody, or it is drawn anew for each walk."""

    def rank(self, client: str) -> Rank | None:
        """The place of an active client in the order, smaller first; None: the order is drawn anew for each walk."""

    def sort(self) -> list[str]:
        """The whole walk."""

    def __contains__(self, client: str) -> bool: ...

    def __len__(self) -> int:
        """How many clients there are, active or not."""

    def clients(self) -> tuple[str, ...]:
        """All clients, active or not, in the order in which they came."""

    def is_active(self, client: str) -> bool: ...

    def share(self, client: str) -> float:
        """The client's dominant share by its weight, as it competes with its siblings."""

    def allocations(self, client: str) -> int:
        """How many there were, of the client's own."""

    def standings(self, client: str, *, rival: str) -> tuple[Standing, Standing]:
        """The two where their ways from the root part: it is those nodes that are compared."""

    def held(self, client: str | None = None) -> Mapping[str, int]:
        """Scalars held by the client, or by all, in thousandths."""

    def counts(self) -> Mapping[str, int]:
        """What the order depends on beside holdings and weights: numbers of allocations, by path of the role tree."""

    def restore_counts(self, counts: Mapping[str, int]) -> None:
        """The same numbers, in a sorter of the same clients."""

    def check(self) -> None:
        """Assert that accounts and orders agree."""

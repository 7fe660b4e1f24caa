"""What explanations look at: the books of a policy and what its runs left behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.books import Books
from allocators.hierarchical.eligibility import Eligibility
from allocators.hierarchical.journal import Journal
from allocators.hierarchical.quota import QuotaFigures
from allocators.hierarchical.recovery import Recovery
from allocators.hierarchical.refusals import Refusals
from allocators.hierarchical.rules import Rules


@dataclass(frozen=True)
class Scene:
    """A policy on the shared engine, opened for reading."""

    settings: AllocatorSettings
    rules: Rules
    books: Books
    eligibility: Eligibility
    refusals: Refusals
    recovery: Recovery
    whitelist: Collection[str] | None
    journal: Journal

    def figures(self) -> QuotaFigures | None:
        """The quota figures with which a run would begin now; None: there are no quotas."""
        return QuotaFigures(self.books) if self.books.roles.quotas else None

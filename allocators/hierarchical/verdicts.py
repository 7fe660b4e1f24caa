"""What a stage of a run found out that holds until its end: bundles that are for nobody, and roles closed to a bundle.

Within a stage limits and headroom only leave less, so what had no use for a bundle has none for an equal one on an
agent with the same traits. A verdict is recorded only if nothing about the one agent led to it (refusals, constraints);
it binds agents about which there is more to say as well, since that only takes away.
"""

from __future__ import annotations

from allocators.hierarchical.grants import Bundle


class Verdicts:
    """By bundle and traits. They end with the stage."""

    __slots__ = ("_closed", "_for_nobody", "has_any")

    def __init__(self) -> None:
        self.has_any = False  # Is anything for nobody?
        self._closed: dict[tuple[Bundle, int], dict[str, None]] = {}
        self._for_nobody: dict[tuple[Bundle, int], None] = {}

    def is_for_nobody(self, bundle: Bundle, traits: int) -> bool:
        return (bundle, traits) in self._for_nobody

    def for_nobody(self, bundle: Bundle, traits: int) -> None:
        """No role has any use for it."""
        self._for_nobody[bundle, traits] = None
        self.has_any = True

    def closed(self, bundle: Bundle, traits: int) -> dict[str, None]:
        """The roles that have no use for it. The caller adds to them."""
        closed = self._closed.get((bundle, traits))
        if closed is None:
            closed = self._closed[bundle, traits] = {}
        return closed

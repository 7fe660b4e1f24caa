"""All mutations, in several sandboxes at a time: who catches what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Final

from tests.mutation.mutation import Mutation
from tests.mutation.sandbox import Sandbox

WORKERS: Final = 2  # Processes; what small machines have cores.


@dataclass(frozen=True)
class Verdict:
    """What became of a mutation."""

    mutation: Mutation
    caught_by: tuple[str, ...]

    @property
    def is_expected(self) -> bool:
        """Was it caught, or is there nothing to catch?"""
        return bool(self.caught_by) == (self.mutation.equivalent is None)


class BrokenTests(Exception):
    """Tests fail without any mutation."""


def run_campaign(
    mutations: Sequence[Mutation], tell: Callable[[Verdict], None], *, workers: int = WORKERS, first_only: bool = True
) -> list[Verdict]:
    """Plant all, each by itself. `tell` hears each verdict when it is there."""
    for mutation in mutations:
        mutation.source()  # Stale ones are told before an hour has passed.
    with TemporaryDirectory(prefix="mutation-") as folder, ThreadPoolExecutor(workers) as pool:
        sandboxes: SimpleQueue[Sandbox] = SimpleQueue()
        for number in range(workers):
            sandboxes.put(Sandbox(Path(folder) / str(number)))
        sandbox = sandboxes.get()
        if failing := sandbox.run():
            raise BrokenTests(f"fails without any mutation: {', '.join(failing)}")
        sandboxes.put(sandbox)

        def judge(mutation: Mutation) -> Verdict:
            sandbox = sandboxes.get()
            try:
                verdict = Verdict(mutation, sandbox.caught_by(mutation, first_only=first_only))
            finally:
                sandboxes.put(sandbox)
            tell(verdict)
            return verdict

        return list(pool.map(judge, mutations))

"""Which directories `/files` shows, and under which names: the sandboxes of executors, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from slave.core.books import Books
from slave.core.executors import CompletedExecutor, Executor
from slave.core.paths import LATEST, virtual_executor


class Place(NamedTuple):
    """A path that somebody asked for: the sandbox that it is in, and what follows."""

    sandbox: str
    shown: str  # The name that was asked for, as far as the sandbox.
    rest: str  # Relative; empty for the sandbox itself. May still lead out: who opens it resolves and checks.


def sandboxes(books: Books) -> Iterator[Executor | CompletedExecutor]:
    """All executors whose sandboxes are known, those over first, so that later runs hide earlier ones."""
    for framework in (*books.completed_frameworks.values(), *books.frameworks.values()):
        yield from framework.completed_executors
        yield from framework.executors.values()


def attached(books: Books) -> dict[str, str]:
    """Every name that can be asked for, and the sandbox it stands for."""
    names: dict[str, str] = {}
    for executor in sandboxes(books):
        runs = f"{virtual_executor(executor.framework_id, executor.info.executor_id)}/runs"
        names[executor.sandbox] = executor.sandbox
        names[f"{runs}/{executor.container_id}"] = executor.sandbox
        names[f"{runs}/{LATEST}"] = executor.sandbox
        real_runs = executor.sandbox.rpartition("/")[0]
        names[f"{real_runs}/{LATEST}"] = executor.sandbox
    return names


def locate(books: Books, path: str) -> Place | None:
    """The place that a path names, or None if it is in no sandbox."""
    names = attached(books)
    head, rest = path.rstrip("/"), ""
    while head:
        if head in names:
            return Place(names[head], head, rest)
        head, _, last = head.rpartition("/")
        rest = f"{last}/{rest}" if rest else last
    return None

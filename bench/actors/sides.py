"""Two OS processes with a core each."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parents[2]  # What another process imports `bench` and everything else from.
CPUS: Final = "BENCH_CPUS"  # The cores of the whole benchmark, which a pinned process no longer sees.


def cpus() -> list[int]:
    """The cores that may be used."""
    given = os.environ.get(CPUS)
    return [int(cpu) for cpu in given.split(",")] if given else sorted(os.sched_getaffinity(0))


def pin(side: int) -> None:
    """Keep this process on the core of that side, 0 or 1; on a machine with one core both have it."""
    usable = cpus()
    os.environ[CPUS] = ",".join(map(str, usable))
    os.sched_setaffinity(0, {usable[side % len(usable)]})


@contextmanager
def other_side(module: str, *arguments: str) -> Iterator[IO[str]]:
    """Run a module in another process while the context lasts. What it writes. Its children end with it."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


async def stand_by(word: object) -> int:
    """As the other side: tell in a line what the first one needs to reach it, and last until that one ends it."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()
    return 0

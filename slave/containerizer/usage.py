"""What the processes of a container use, measured in /proc (CO-05: nothing is enforced)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from mesos_py.protocol.resources import Resources
from slave.containerizer.container import Usage
from slave.containerizer.process_tree import ProcessStat, descendants, processes

NS_PER_TICK: Final = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
MEGABYTE: Final = 1 << 20
LOOK_NS: Final = 100_000_000  # How old an answer may be; its time says so.


class Meter:
    """Measures containers. Who asks about all asks at once: one look at the system serves a hundred answers."""

    def __init__(self) -> None:
        self._seen: Mapping[int, ProcessStat] = {}
        self._seen_ns = 0

    def measure(self, supervisor: int, limits: Resources, *, now: int) -> Usage | None:
        """What the tree below `supervisor` uses, which itself does not count. None if it is gone."""
        if supervisor not in self._seen or now - self._seen_ns > LOOK_NS:
            self._seen, self._seen_ns = processes(), now
        root = self._seen.get(supervisor)
        if root is None:
            return None
        return _sum(root, descendants(supervisor, self._seen), limits=limits, now=self._seen_ns)


def _sum(root: ProcessStat, tree: Sequence[ProcessStat], *, limits: Resources, now: int) -> Usage:
    # Ended processes count in whoever waited for them; the orphans' parent is the supervisor.
    user = root.reaped_user_ticks + sum(stat.user_ticks + stat.reaped_user_ticks for stat in tree)
    system = root.reaped_system_ticks + sum(stat.system_ticks + stat.reaped_system_ticks for stat in tree)
    return Usage(
        timestamp_ns=now,
        cpus_user_ns=user * NS_PER_TICK,
        cpus_system_ns=system * NS_PER_TICK,
        mem_rss_bytes=sum(stat.rss_pages for stat in tree) * PAGE_BYTES,
        processes=len(tree),
        threads=sum(stat.threads for stat in tree),
        cpus_limit=limits.cpus,
        mem_limit_bytes=int(limits.mem * MEGABYTE),
    )

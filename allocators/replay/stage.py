"""An allocator under replay: a virtual clock, the runs that are due, the account of offers, and who is there.

Runs are started by the rules of `Allocator`. Requests are merged until `settle`, which carries out what is pending;
the clock stops at every multiple of the interval for a batch run.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.replay.account import Account, Cell
from allocators.run_requests import RunRequests
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import NOTHING, Resources

BATCHES_MAX: Final = 40_000_000  # In one step. A year of seconds is less, and no refusal lasts longer than that.


class Seen:
    """What came out since the last look: offers by cell, inverse offers, and what an operation came to."""

    def __init__(self) -> None:
        self.offers: dict[Cell, Resources] = {}
        self.inverse: list[tuple[FrameworkId, AgentId]] = []
        self.failed: bool | None = None  # Of an operation on free resources; None: there was none.

    def add(self, more: Seen) -> None:
        """What came out later. What is offered to one cell in several runs is added up."""
        for cell, resources in more.offers.items():
            self.offers[cell] = self.offers.get(cell, NOTHING) + resources
        self.inverse += more.inverse


class Stage:
    """One scenario under way."""

    def __init__(self, allocator: Allocator, settings: AllocatorSettings) -> None:
        self.allocator = allocator
        self.account = Account()
        self.agents: dict[AgentId, AgentInfo] = {}
        self.frameworks: dict[FrameworkId, None] = {}
        self.now = 0
        self.interval = settings.allocation_interval_ns
        self.runs = 0
        self.is_atomic = False  # While steps are held together, time may pass without a run.
        self._requests = RunRequests()
        self._seen = Seen()

    def take_seen(self) -> Seen:
        """What came out since the last call, which forgets it."""
        seen, self._seen = self._seen, Seen()
        return seen

    def note_failed(self, failed: bool) -> None:
        """What an operation on free resources came to."""
        self._seen.failed = failed

    def request(self, agents: Collection[AgentId] | None) -> None:
        """Ask for a run over these agents, or all (None). While paused, requests are dropped, not remembered."""
        if not self.allocator.is_paused(now=self.now):
            self._requests.add(agents, now=self.now)

    def settle(self) -> None:
        """Carry out the pending run, if there is one."""
        if self._requests.since is None:
            return
        agents, is_batch = self._requests.take()
        is_paused = self.allocator.is_paused(now=self.now)
        for each in self.allocator.allocate(agents, now=self.now, event_driven=not is_batch):
            cell, resources = (each.framework_id, each.role, each.agent_id), each.resources.unallocate()
            self.account.offer(cell, resources)
            self._seen.offers[cell] = self._seen.offers.get(cell, NOTHING) + resources
        if not is_paused:
            self.runs += 1
            inverse = self.allocator.inverse_offers(agents, now=self.now)
            self._seen.inverse += [(each.framework_id, each.agent_id) for each in inverse]

    def batches_until(self, end: int) -> int:
        """How many batch runs there will be until then."""
        return end // self.interval - self.now // self.interval

    def advance(self, end: int) -> None:
        """Let time pass until `end`, with a batch run at every multiple of the interval."""
        while (batch := (self.now // self.interval + 1) * self.interval) <= end:
            self.now = batch
            self._requests.add(None, now=batch, is_batch=True)
            if not self.is_atomic:
                self.settle()
        self.now = end

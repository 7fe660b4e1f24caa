"""A case: a cluster, frameworks with jobs, and maybe faults, run until every job has finished; and what came of it.

Everything but the wall time is a function of the settings.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from libprocess_py.message import Record
from libprocess_py.sim.simulation import SimulationOptions
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import TaskState
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.faults import FAILOVER_TIMEOUT_NS, Injector, draw_faults
from mesos_py.simulation.options import SECOND_NS, ClusterOptions
from mesos_py.simulation.workload import BatchScheduler, JobSize, draw_jobs

JOB: Final = JobSize(Resources.of(cpus=1, mem=512), shortest_ns=10 * SECOND_NS, longest_ns=110 * SECOND_NS)
FAULTS_WITHIN_NS: Final = 600 * SECOND_NS  # Faults begin while there is work: the work of the usual case takes longer.
LIMIT_NS: Final = 24 * 3600 * SECOND_NS  # A case that takes a day will not end.
QUIET_NS: Final = 600 * SECOND_NS  # After the last job: killed attempts end, agents that were away are back.
PROGRESS_NS: Final = 60 * SECOND_NS
ENCODE_EVERY: Final = 16  # Some messages take the wire form, to notice one that has none; all of them would cost time.


class CaseSettings(Record):
    """What to simulate."""

    seed: int
    agents: int = 100
    frameworks: int = 10
    tasks: int = 5_000
    faults: int = 0


class Summary(Record):
    """What came of it."""

    seed: int
    agents: int
    frameworks: int
    faults: int  # Those that were carried out.
    is_finished: bool
    tasks: dict[str, int]  # Ends of tasks by state, retries included.
    virtual_s: float
    wall_s: float
    events: int
    events_per_s: float
    digest: str  # Of the decision log.


class Case:
    """One run, from the start of the hosts to the last check."""

    def __init__(self, settings: CaseSettings, progress: Callable[[str], object]) -> None:
        self.settings = settings
        self.cluster = Cluster(
            settings.seed,
            settings.agents,
            options=ClusterOptions(simulation=SimulationOptions(encode_every=ENCODE_EVERY)),
        )
        self.batches = [self._add_batch(number) for number in range(settings.frameworks)]
        self._began_ns = self.cluster.now
        self._progress = progress
        self._progress_due_ns = self._began_ns

    def _add_batch(self, number: int) -> BatchScheduler:
        """Tasks are shared out evenly. Some frameworks know partitions, some checkpoint, some do both, some neither."""
        count = len(range(number, self.settings.tasks, self.settings.frameworks))
        scheduler = BatchScheduler(draw_jobs(self.cluster.simulation.random(f"jobs/{number}"), count, size=JOB))
        info = FrameworkInfo(
            user="nobody",
            name=f"framework-{number}",
            failover_timeout_ns=FAILOVER_TIMEOUT_NS,
            capabilities=(Capability.PARTITION_AWARE,) if number % 2 else (),
            checkpoint=number // 2 % 2 == 0,
        )
        self.cluster.add_framework(scheduler, info)
        return scheduler

    def run(self) -> Summary:
        """Until all jobs have finished; then the cluster goes quiet, and its books are checked."""
        settings, cluster = self.settings, self.cluster
        faults = draw_faults(
            cluster.simulation.random("faults"),
            settings.faults,
            agents=settings.agents,
            frameworks=settings.frameworks,
            horizon_ns=FAULTS_WITHIN_NS,
        )
        injector = Injector(cluster)
        began_s = time.perf_counter()
        is_finished = injector.play(faults, self._is_finished, limit_ns=LIMIT_NS)
        wall_s = time.perf_counter() - began_s
        summary = self._summary(is_finished, wall_s, faults=injector.carried_out)
        if is_finished:
            cluster.advance(QUIET_NS)
            cluster.check_quiet()
        return summary

    def _is_finished(self) -> bool:
        if self.cluster.now >= self._progress_due_ns:
            self._progress_due_ns = self.cluster.now + PROGRESS_NS
            self._progress(self._line())
        return all(batch.is_finished for batch in self.batches)

    def _line(self) -> str:
        finished = sum(batch.finished for batch in self.batches)
        under_way = sum(len(batch.attempts) for batch in self.batches)
        return f"{self._virtual_s:8.0f} s  {finished} of {self.settings.tasks} finished, {under_way} under way"

    @property
    def _virtual_s(self) -> float:
        return (self.cluster.now - self._began_ns) / SECOND_NS

    def _summary(self, is_finished: bool, wall_s: float, *, faults: int) -> Summary:
        assert self.cluster.simulation.log is not None
        heard: Counter[TaskState] = Counter()
        for batch in self.batches:
            heard.update(batch.heard)
        events = self.cluster.simulation.log.length
        return Summary(
            seed=self.settings.seed,
            agents=self.settings.agents,
            frameworks=self.settings.frameworks,
            faults=faults,
            is_finished=is_finished,
            tasks={state.value: heard[state] for state in TaskState if heard[state]},
            virtual_s=round(self._virtual_s, 3),
            wall_s=round(wall_s, 3),
            events=events,
            events_per_s=round(events / wall_s),
            digest=self.cluster.digest(),
        )

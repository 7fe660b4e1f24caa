"""The demo's course: start the cluster, do the work, check it, show it, leave nothing behind."""

from __future__ import annotations

import concurrent.futures
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mesos_py.cli.demo.processes import LocalCluster, program
from mesos_py.cli.demo.view import Snapshot, live_view, plain_line, read_snapshot, result_table
from mesos_py.frameworks.cluster_executor.executor import ClusterExecutor
from mesos_py.frameworks.examples import stdlib_census as census

BATCH_FILES: Final = 30  # Some 60 tasks: enough to see them move, long enough each to be worth a message.
SAMPLE_EVERY: Final = 12  # One file in twelve is counted here too, to check what came back.
REFRESH_S: Final = 0.25
PLAIN_EVERY: Final = 4  # Without a terminal: a line a second.
SHELL_TASKS: Final = (
    'echo "$MESOS_TASK_ID runs in process $$"',
    "uname -srm; date",
)
SHELL_INSTANCES: Final = 2
SHELL_TIMEOUT_S: Final = 60.0  # An `execute` takes a second or two; the demo must not hang on one.
CALL_RESOURCES: Final = "cpus:0.9;mem:128"  # Two calls and the executor that runs them fill an agent's two cpus.


class DemoFailed(Exception):
    """The cluster did not do what was asked; the text says what."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds each part took."""

    start: float
    shell: float
    work: float
    check: float


def run_demo(console: Console, cluster: LocalCluster) -> Times:
    """All of it, on a cluster that `cluster` has yet to start. Raises DemoFailed."""
    began = time.monotonic()
    with console.status("starting a master and agents, each a process of its own"):
        cluster.start()
    started = time.monotonic()
    console.print(f"A master at [bold]http://{cluster.address}[/] and {len(cluster.agents)} agents are up.")
    run_shell_tasks(console, cluster)
    shelled = time.monotonic()
    root, files = census.library_root(), census.library_files(census.library_root())
    counts = run_census(console, cluster.address, root=str(root), files=files)
    worked = time.monotonic()
    check_sample(str(root), files, counts=counts)
    checked = time.monotonic()
    show_result(console, counts)
    times = Times(started - began, shelled - started, worked - shelled, checked - worked)
    console.print(
        f"{len(files):,} files counted on the cluster, every {SAMPLE_EVERY}th counted here again: equal.\n"
        f"start {times.start:.1f} s   shell tasks {times.shell:.1f} s   census {times.work:.1f} s"
        f"   check {times.check:.1f} s"
    )
    return times


def show_result(console: Console, counts: Sequence[census.ModuleCount]) -> None:
    """The table, and the files that are no valid Python: the library ships some, to test what reads them."""
    console.print(result_table(census.summarise(counts)))
    bad = [count for count in counts if count.problem]
    if bad:
        console.print(f"{len(bad)} of the files cannot be parsed:")
    for count in bad:
        line = Text(f"  {count.path}: {count.problem}", style="dim")
        console.print(line, no_wrap=True, overflow="ellipsis")


def run_shell_tasks(console: Console, cluster: LocalCluster) -> None:
    """A few commands through `mesos-py execute`, all at once; what each said, and what its tasks printed."""
    with ShellTasks(cluster) as tasks:
        with console.status("running shell tasks"):
            results = [process.communicate(timeout=SHELL_TIMEOUT_S)[0] for process in tasks.running]
    for number, (line, process, said) in enumerate(zip(SHELL_TASKS, tasks.running, results, strict=True), start=1):
        command = f"$ mesos-py execute --instances {SHELL_INSTANCES} --command {shlex.quote(line)}"
        console.print(Text(command, style="bold"), soft_wrap=True)
        console.print(Text(said.rstrip(), style="dim"), soft_wrap=True)
        if process.returncode != 0:
            raise DemoFailed(f"the shell task {line!r} ended with status {process.returncode}")
        for instance in range(1, SHELL_INSTANCES + 1):
            for printed in cluster.printed(f"shell{number}-{instance}").splitlines():
                console.print(Text(f"shell{number}-{instance} printed: {printed}"), soft_wrap=True)


class ShellTasks:
    """The running `execute` commands. None is left behind at the end of the block."""

    def __init__(self, cluster: LocalCluster) -> None:
        self.running: list[subprocess.Popen[str]] = []
        self._cluster = cluster

    def __enter__(self) -> Self:
        try:
            for number, line in enumerate(SHELL_TASKS, start=1):
                with self._cluster.interrupts.deferred():
                    self.running.append(self._start(number, line))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._cluster.interrupts.deferred():
            for process in self.running:
                process.kill()
                process.communicate()

    def _start(self, number: int, line: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            program(outlives_us=False) + execute_arguments(self._cluster.address, line, number=number),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # As the daemons: Ctrl-C is for the demo.
        )


def execute_arguments(address: str, line: str, *, number: int) -> list[str]:
    resources = ["--resources", "cpus:0.5;mem:32", "--instances", str(SHELL_INSTANCES)]
    return ["execute", "--master", address, "--name", f"shell{number}", *resources, "--command", line]


def run_census(console: Console, address: str, *, root: str, files: Sequence[str]) -> list[census.ModuleCount]:
    """Count all files on the cluster, one task per batch, and show it while it happens."""
    batches = census.batches(files, BATCH_FILES)
    with ClusterExecutor(address, resources=CALL_RESOURCES) as executor:
        futures = [executor.submit(census.count_batch, root, batch) for batch in batches]
        _watch(console, address, executor=executor, futures=futures)
        results = [future.result() for future in futures]
    return sorted((count for result in results for count in result), key=lambda count: count.path)


def _watch(
    console: Console,
    address: str,
    *,
    executor: ClusterExecutor,
    futures: Sequence[concurrent.futures.Future[list[census.ModuleCount]]],
) -> None:
    began, snapshot, looks = time.monotonic(), Snapshot(), 0
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            pending = concurrent.futures.wait(futures, timeout=REFRESH_S).not_done
            snapshot = read_snapshot(address) or snapshot
            elapsed, progress = time.monotonic() - began, executor.progress()
            if console.is_terminal:
                view = live_view(snapshot, progress, total=len(futures), elapsed_s=elapsed, width=console.width)
                live.update(view, refresh=True)
            elif looks % PLAIN_EVERY == 0 or not pending:
                console.print(plain_line(snapshot, progress, total=len(futures), elapsed_s=elapsed))
            looks += 1
            if not pending:
                return


def check_sample(root: str, files: Sequence[str], *, counts: Sequence[census.ModuleCount]) -> None:
    """Count a sample here, and compare. Raises DemoFailed naming the first file that differs or is missing."""
    by_path = {count.path: count for count in counts}
    if set(by_path) != set(files):
        raise DemoFailed(f"{len(files)} files were sent out, {len(by_path)} came back")
    for expected in census.count_batch(root, files[::SAMPLE_EVERY]):
        if by_path[expected.path] != expected:
            raise DemoFailed(f"{expected.path}: expected {expected}, got {by_path[expected.path]}")

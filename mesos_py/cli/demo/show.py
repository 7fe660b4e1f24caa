"""The demo's course: start the cluster, do the work, check it, show it, leave nothing behind."""

from __future__ import annotations

import concurrent.futures
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.live import Live

from mesos_py.cli.demo.processes import LocalCluster
from mesos_py.cli.demo.view import Snapshot, live_view, plain_line, read_snapshot, result_table
from mesos_py.frameworks.cluster_executor.executor import ClusterExecutor
from mesos_py.frameworks.examples import stdlib_census as census

BATCH_FILES: Final = 30  # Some 60 tasks: enough to see them move, long enough each to be worth a message.
SAMPLE_EVERY: Final = 12  # One file in twelve is counted here too, to check what came back.
REFRESH_S: Final = 0.25
PLAIN_EVERY: Final = 4  # Without a terminal: a line a second.
SHELL_TASKS: Final = (
    'echo "task $MESOS_TASK_ID in $(pwd | sed s:.*/runs/:runs/:)"',
    "uname -sr; nproc",
)
SHELL_TIMEOUT_S: Final = 60.0  # An `execute` takes a second or two; the demo must not hang on one.
CALL_RESOURCES: Final = "cpus:1;mem:128"


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
    run_shell_tasks(console, cluster.address)
    shelled = time.monotonic()
    root, files = census.library_root(), census.library_files(census.library_root())
    counts = run_census(console, cluster.address, str(root), files)
    worked = time.monotonic()
    check_sample(str(root), files, counts)
    checked = time.monotonic()
    console.print(result_table(census.summarise(counts)))
    for count in counts:
        if count.problem:
            console.print(f"not parsable: {count.path}: {count.problem}", style="dim", highlight=False, markup=False)
    times = Times(started - began, shelled - started, worked - shelled, checked - worked)
    console.print(
        f"{len(files):,} files counted on the cluster, every {SAMPLE_EVERY}th counted here again: equal.\n"
        f"start {times.start:.1f} s   shell tasks {times.shell:.1f} s   census {times.work:.1f} s"
        f"   check {times.check:.1f} s"
    )
    return times


def run_shell_tasks(console: Console, address: str) -> None:
    """A few commands through `mesos-py execute`, all at once."""
    commands = [execute_command(address, line, number) for number, line in enumerate(SHELL_TASKS, start=1)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for command in commands
    ]
    try:
        for process, line in zip(running, SHELL_TASKS, strict=True):
            output, _ = process.communicate(timeout=SHELL_TIMEOUT_S)
            console.print(
                f"$ mesos-py execute --command {shlex.quote(line)}", style="bold", highlight=False, markup=False
            )
            console.print(output.rstrip(), style="dim", highlight=False, markup=False)
            if process.returncode != 0:
                raise DemoFailed(f"the shell task {line!r} ended with status {process.returncode}")
    finally:
        for process in running:
            process.kill()
            process.wait()


def execute_command(address: str, line: str, number: int) -> list[str]:
    arguments = ["--master", address, "--name", f"shell{number}", "--resources", "cpus:0.5;mem:32", "--instances", "2"]
    return [sys.executable, "-m", "mesos_py.cli", "execute", *arguments, "--command", line]


def run_census(console: Console, address: str, root: str, files: Sequence[str]) -> list[census.ModuleCount]:
    """Count all files on the cluster, one task per batch, and show it while it happens."""
    batches = census.batches(files, BATCH_FILES)
    with ClusterExecutor(address, resources=CALL_RESOURCES) as executor:
        futures = [executor.submit(census.count_batch, root, batch) for batch in batches]
        _watch(console, address, executor, futures)
        results = [future.result() for future in futures]
    return sorted((count for result in results for count in result), key=lambda count: count.path)


def _watch(
    console: Console,
    address: str,
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
                live.update(live_view(snapshot, progress, total=len(futures), elapsed_s=elapsed), refresh=True)
            elif looks % PLAIN_EVERY == 0 or not pending:
                console.print(plain_line(snapshot, progress, total=len(futures), elapsed_s=elapsed))
            looks += 1
            if not pending:
                return


def check_sample(root: str, files: Sequence[str], counts: Sequence[census.ModuleCount]) -> None:
    """Count a sample here, and compare. Raises DemoFailed naming the first file that differs or is missing."""
    by_path = {count.path: count for count in counts}
    if set(by_path) != set(files):
        raise DemoFailed(f"{len(files)} files were sent out, {len(by_path)} came back")
    for expected in census.count_batch(root, files[::SAMPLE_EVERY]):
        if by_path[expected.path] != expected:
            raise DemoFailed(f"{expected.path}: expected {expected}, got {by_path[expected.path]}")

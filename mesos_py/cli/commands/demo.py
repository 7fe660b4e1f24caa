"""`mesos-py demo`: the whole system at work on this machine, in under a minute."""

from __future__ import annotations

import contextlib
import logging
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from mesos_py.cli.ctrl_c import INTERRUPTED
from mesos_py.cli.demo.interrupts import Interrupted, Interrupts
from mesos_py.cli.demo.processes import ClusterFailed, LocalCluster
from mesos_py.cli.demo.show import DemoFailed, run_demo
from mesos_py.frameworks.cluster_executor.scheduler import ClusterExecutorError

EPILOG = """\
\b
Try it:
  mesos-py demo
  mesos-py demo --agents 5 --keep

\b
Exit status: 0 the result is right, 1 it is not or something failed, 130 interrupted.
"""


@click.command("demo", epilog=EPILOG)
@click.option(
    "--agents", default=3, show_default=True, type=click.IntRange(1, 20), metavar="N", help="How many agents to start."
)
@click.option("--keep", is_flag=True, help="Leave the cluster running and say how to look at it and how to end it.")
def command(agents: int, keep: bool) -> None:
    """Start a cluster on this machine, count the standard library on it, show the result, and clean up."""
    logging.basicConfig(level=logging.ERROR)  # Losses that are made good are shown in the view.
    console = Console(highlight=False)
    began = time.monotonic()
    try:
        with Interrupts() as interrupts, closing(console, interrupts, agents=agents, keep=keep) as cluster:
            run_demo(console, cluster)
    except Interrupted:
        console.print("interrupted; everything was stopped and removed")
        sys.exit(INTERRUPTED)
    except (ClusterFailed, DemoFailed, ClusterExecutorError) as error:
        console.print(f"the demo failed: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    if keep:
        console.print(how_to_look(cluster), markup=False, soft_wrap=True)
    else:
        console.print(f"Everything is stopped and removed. {time.monotonic() - began:.1f} s in all.")


@contextlib.contextmanager
def closing(console: Console, interrupts: Interrupts, *, agents: int, keep: bool) -> Iterator[LocalCluster]:
    """A cluster that is ended whatever happens, but for a success with `keep`."""
    kept = False
    made: list[LocalCluster] = []
    try:
        with interrupts.deferred():
            made.append(LocalCluster(agents, interrupts=interrupts, outlives_us=keep))
        yield made[0]
        kept = keep
    finally:
        if not kept:
            with interrupts.deferred(), console.status("stopping agents and master"):
                for cluster in made:
                    cluster.close()


def how_to_look(cluster: LocalCluster) -> str:
    """What to type at a cluster that stays."""
    assert cluster.master is not None
    pids = " ".join(str(daemon.process.pid) for daemon in (*cluster.agents, cluster.master))
    return (
        "The cluster stays. Look at it:\n"
        f"  curl http://{cluster.address}/state\n"
        f"  {callable_name()} execute --master {cluster.address} --command 'echo hello'\n"
        f"  ls -R {cluster.folder}/agent1/slaves\n"
        "End it and remove its folder:\n"
        f"  kill {pids}; sleep 8; rm -r {cluster.folder}"
    )


def callable_name() -> str:
    """What to type for `mesos-py` in the shell that called us: the whole path where the PATH does not have it."""
    path = Path(sys.executable).with_name("mesos-py")
    return shlex.quote(str(path)) if shutil.which("mesos-py") is None and path.exists() else "mesos-py"

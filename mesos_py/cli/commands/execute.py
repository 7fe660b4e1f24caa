"""`mesos-py execute`: a command on the cluster, its states as they come, and its fate as the exit status."""

from __future__ import annotations

import asyncio
import getpass
import logging
import sys
import time
from functools import partial
from typing import Final

import click

from libprocess_py.node import Node
from libprocess_py.runtime.addresses import resolved
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.program import run
from mesos_py.cli.daemon import mistakes_in_a_line
from mesos_py.frameworks.execute import CommandScheduler, Work
from mesos_py.frameworks.scheduler.core import DriverStatus
from mesos_py.frameworks.scheduler.driver import SchedulerProcess
from mesos_py.frameworks.scheduler.threaded import settings_towards
from mesos_py.protocol.detector import StandaloneDetector, parse_master
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.resources import Resources

PATIENCE_S: Final = 2.0  # A master answers within milliseconds; after this the user is told what is waited for.

EPILOG = """\
\b
Try it:
  mesos-py execute --master 127.0.0.1:5050 --command 'hostname; date' --instances 3

\b
Exit status: 0 all instances finished, 1 one failed or was killed,
2 bad usage or refused by the master, 3 one was lost, 130 interrupted (all are killed).
"""


@click.command("execute", epilog=EPILOG)
@click.option("--master", required=True, envvar="MESOS_MASTER", help="Where the master is: host:port.  [MESOS_MASTER]")
@click.option("--command", "line", required=True, help="What to run, by /bin/sh.")
@click.option("--resources", default="cpus:1;mem:32", show_default=True, help="What each instance needs.")
@click.option(
    "--instances", default=1, show_default=True, type=click.IntRange(min=1), metavar="N", help="How many to run."
)
@click.option("--name", default="execute", show_default=True, help="The tasks' name and the start of their ids.")
@click.option("--role", default="*", show_default=True, help="The role to be offered resources under.")
def command(master: str, line: str, resources: str, instances: int, name: str, role: str) -> None:
    """Run a shell command on a cluster and exit with its fate.

    What the command prints is kept in its sandbox on the agent, below the agent's --work-dir, in
    slaves/*/frameworks/*/executors/TASK/runs/latest/stdout and stderr.
    """
    try:
        leader = parse_master(resolved(master))
        needed = Resources.parse(resources)
        settings = settings_towards(leader.address)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error
    if not needed:
        raise click.UsageError("--resources: expected at least one, such as cpus:1")
    scheduler = CommandScheduler(Work(command=line, resources=needed, instances=instances, name=name), report=_say)
    framework = FrameworkInfo(user=getpass.getuser(), name=name, roles=(role,))

    async def main(node: Node) -> int:
        driver = SchedulerProcess(scheduler, framework, detector=StandaloneDetector(leader))
        node.spawn(driver)
        say = partial(_say_what_is_waited_for, driver, scheduler, master=master)
        asyncio.get_running_loop().call_later(PATIENCE_S, say)
        await result(node.wait(driver.pid))
        return int(scheduler.fate)

    logging.basicConfig(level=logging.ERROR)  # Of the runtime; what matters here is said below.
    with mistakes_in_a_line():
        sys.exit(run(main, settings))


def _say_what_is_waited_for(driver: SchedulerProcess, scheduler: CommandScheduler, *, master: str) -> None:
    if driver.status is not DriverStatus.RUNNING:
        return
    if driver.framework_id is None:
        _say(f"no master answers at {master} yet; still trying (Ctrl-C ends it)")
    elif not scheduler.was_offered:
        _say("the master has offered nothing yet: no agent is free; still waiting (Ctrl-C ends it)")


def _say(text: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {text}")

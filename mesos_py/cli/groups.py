"""The table of the subcommands of `mesos-py`, each loaded when it is called.

Listing them loads none, so that `--help` is quick, and a module that cannot be imported spoils only its own command.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import click

from mesos_py.cli import ctrl_c
from mesos_py.cli.ctrl_c import INTERRUPTED

DISTRIBUTION: Final = "libprocess-py"


class Row(NamedTuple):
    """Where a subcommand lives (the module has a `command`), and its line in the list; an alias has none."""

    module: str
    summary: str | None


COMMANDS: Final[Mapping[str, Row]] = {
    "demo": Row("mesos_py.cli.commands.demo", "A real cluster on this machine does real work, then goes away."),
    "local": Row("mesos_py.cli.commands.local", "A master and agents in one process, for developing frameworks."),
    "master": Row("mesos_py.cli.commands.master", "Run a master."),
    "agent": Row("mesos_py.cli.commands.agent", "Run an agent (also: slave)."),
    "slave": Row("mesos_py.cli.commands.agent", None),
    "node": Row("mesos_py.cli.commands.node", "Run a node for actors of others, or a part of a topology."),
    "execute": Row("mesos_py.cli.commands.execute", "Run a shell command on a cluster and exit with its fate."),
    "allocator": Row("mesos_py.cli.commands.allocator", "Allocation policies by themselves: replay, serve and more."),
    "actors": Row("mesos_py.cli.commands.actors", "Look at the actors of a node: the busiest, who told whom."),
    "bench": Row("mesos_py.cli.commands.bench", "Measure this implementation on this machine."),
    "test": Row("mesos_py.cli.commands.test", "In a checkout: pass the gates, then the tests."),
}

# Of all commands. Help uses the width of the terminal up to where lines are still easy to read.
SETTINGS: Final[Mapping[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

EPILOG: Final = """\
\b
Try it:
  mesos-py demo                                    a cluster, some work, a result
  mesos-py local --agents 3                        a cluster to play with
  mesos-py execute --master 127.0.0.1:5050 --command 'echo hello'
"""


class LazyGroup(click.Group):
    """A group whose subcommands are rows of a table."""

    def __init__(self, name: str, rows: Mapping[str, Row], *, help: str, epilog: str) -> None:
        super().__init__(name, help=help, epilog=epilog, context_settings=dict(SETTINGS))
        self.rows = rows

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, row in self.rows.items() if row.summary is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = self.rows.get(cmd_name)
        return None if row is None else load(cmd_name, row.module)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """An unknown subcommand that looks like one of ours is answered with that, as a mistyped option is."""
        if args[0] not in self.rows and (close := difflib.get_close_matches(args[0], self.rows, n=1)):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Ctrl-C where a command has no way of its own with it: the usual status."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, row.summary) for name, row in self.rows.items() if row.summary is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def load(name: str, module: str) -> click.Command:
    """Import a subcommand. A module that is missing is an error of one line that names it."""
    try:
        command: object = importlib.import_module(module).command
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{name} needs the Python module {error.name}, which is not installed") from error
    assert isinstance(command, click.Command), f"{module}.command is not a click command"
    if not isinstance(command, LazyGroup):
        ctrl_c.raises_again()  # What runs next may have something to put away.
    return command


def make_group(rows: Mapping[str, Row]) -> click.Group:
    """The whole command over a table of subcommands."""
    group = LazyGroup(
        "mesos-py",
        rows,
        help="One pool of machines for many frameworks: a cluster manager after Apache Mesos.",
        epilog=EPILOG,
    )
    version = click.version_option(package_name=DISTRIBUTION, message="%(prog)s %(version)s")
    return version(group)

"""The top of the command line: its list, its loading on demand, its errors."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from click.testing import CliRunner

from mesos_py.cli.groups import COMMANDS, Row, make_group


def test_help_lists_every_subcommand_but_not_the_aliases() -> None:
    words = CliRunner().invoke(make_group(COMMANDS), ["--help"]).output

    lines = words.partition("Commands:\n")[2].partition("Try it:")[0].splitlines()
    listed = {line.split()[0] for line in lines if line.strip()}
    assert listed == {name for name, row in COMMANDS.items() if row.summary is not None}


def test_help_loads_no_subcommand() -> None:
    program = (
        "import sys\n"
        "from mesos_py.cli.groups import COMMANDS, make_group\n"
        "make_group(COMMANDS)(['--help'], standalone_mode=False)\n"
        "assert not [row.module for row in COMMANDS.values() if row.module in sys.modules]\n"
    )

    assert subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_subcommand_whose_module_is_missing_is_one_line_and_spoils_no_other() -> None:
    group = make_group({"lost": Row("mesos_py.cli.commands.lost", "Gone."), "test": COMMANDS["test"]})

    lost, other = (CliRunner().invoke(group, [name, "--help"]) for name in ("lost", "test"))

    assert (lost.exit_code, other.exit_code) == (1, 0)
    assert lost.output == "Error: lost needs the Python module mesos_py.cli.commands.lost, which is not installed\n"


def test_an_unknown_subcommand_ends_with_status_2() -> None:
    assert CliRunner().invoke(make_group(COMMANDS), ["bake"]).exit_code == 2


def test_a_mistyped_subcommand_is_answered_with_the_one_that_was_meant() -> None:
    done = CliRunner().invoke(make_group(COMMANDS), ["dmeo"])

    assert done.exit_code == 2
    assert "No such command 'dmeo'. Did you mean 'demo'?" in done.output


def test_the_alias_slave_is_the_agent() -> None:
    assert COMMANDS["slave"].module == COMMANDS["agent"].module


def test_every_row_of_the_table_names_a_module_that_exists() -> None:
    assert [row.module for row in COMMANDS.values() if find_spec(row.module) is None] == []

"""A flags dataclass becomes options: names, precedence, help and errors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner, Result

from libprocess_py.flags import flag, parse_bool
from mesos_py.cli.flag_options import flag_options
from mesos_py.protocol.durations import format_duration, parse_duration


def parse_longer_than_nothing(text: str) -> int:
    """A parser of its own around one that we have."""
    if not (ns := parse_duration(text)):
        raise ValueError("expected more")
    return ns


@dataclass(frozen=True, kw_only=True)
class OvenFlags:
    """A program that nobody has, so that the test does not move with one that we do."""

    work_dir: str = flag("Where it works.")
    bake_time: int = flag("How long.", default=75_000_000_000, parse=parse_duration, show=format_duration)
    fan: bool = flag("Whether air moves.", default=True, parse=parse_bool)
    racks: int = flag("How many.", default=2, parse=int, aliases=("trays",))
    rest: int = flag("How long after.", default=1_000_000_000, parse=parse_longer_than_nothing, show=format_duration)
    extras: tuple[str, ...] = flag("What else.", default=(), parse=lambda text: tuple(text.split(",")), show=",".join)


@click.command("oven")
@click.option("--loud", is_flag=True)
@flag_options(OvenFlags)
def oven(flags: OvenFlags, loud: bool) -> None:
    """Bake."""
    click.echo(f"{flags.work_dir} {flags.bake_time} {flags.fan} {flags.racks} {loud}")


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(oven, arguments, env=dict(environ))


def test_a_flag_on_the_command_line_wins_over_the_environment_and_that_over_the_default() -> None:
    done = run("--work-dir=/a", "--racks", "5", MESOS_RACKS="4", MESOS_BAKE_TIME="2secs")

    assert done.output == "/a 2000000000 True 5 False\n"


def test_a_former_name_still_sets_the_flag() -> None:
    assert run("--work-dir=/a", "--trays=7").output == "/a 75000000000 True 7 False\n"


def test_other_options_of_the_command_are_passed_beside_the_flags() -> None:
    assert run("--work-dir=/a", "--loud").output == "/a 75000000000 True 2 True\n"


def test_a_boolean_flag_can_be_given_bare_with_a_value_or_negated() -> None:
    outcomes = [run("--work-dir=/a", option).output.split()[2] for option in ("--fan", "--fan=false", "--no-fan")]

    assert outcomes == ["True", "False", "False"]


def test_a_value_is_read_from_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "racks").write_text("9")

    assert run("--work-dir=/a", f"--racks=file://{tmp_path}/racks").output == "/a 75000000000 True 9 False\n"


def test_a_value_that_does_not_parse_is_one_line_naming_the_flag_and_status_2() -> None:
    done = run("--work-dir=/a", "--racks=many")

    assert done.exit_code == 2
    assert done.output.startswith("Error: --racks: ")
    assert done.output.count("\n") == 1


def test_a_value_from_the_environment_that_does_not_parse_is_named_by_its_variable() -> None:
    assert run("--work-dir=/a", MESOS_TRAYS="many").output.startswith("Error: MESOS_TRAYS: ")


def test_a_required_flag_that_nothing_sets_is_named_with_its_variable() -> None:
    done = run()

    assert done.exit_code == 2
    assert done.output == "Error: --work-dir: required, set it or MESOS_WORK_DIR\n"


def test_help_shows_the_variable_and_the_default_as_it_is_typed() -> None:
    words = " ".join(run("--help").output.split())

    assert "[MESOS_WORK_DIR; required]" in words
    assert "[MESOS_BAKE_TIME; default: 75secs]" in words
    assert "[MESOS_FAN; default: true]" in words
    assert "[MESOS_REST; default: 1secs]" in words
    assert "[MESOS_EXTRAS]" in words
    assert "--trays" not in words

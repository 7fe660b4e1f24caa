"""`mesos-py test`: the gates in order, one line each, then pytest; ends at the first that fails, with its status."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

# Ruff and mypy take paths from their own settings; the cheap gates come first.
GATES: Final[Sequence[tuple[str, tuple[str, ...]]]] = (
    ("ruff check", (sys.executable, "-m", "ruff", "check", "--quiet")),
    ("ruff format", (sys.executable, "-m", "ruff", "format", "--check", "--quiet")),
    ("import-linter", (str(Path(sysconfig.get_path("scripts"), "lint-imports")), "--no-cache")),
    ("mypy --strict", (sys.executable, "-m", "mypy", "--strict")),
)
NEEDED: Final = ("ruff", "importlinter", "mypy", "pytest", "hypothesis")  # The extra `test` of setup.cfg.


def checkout_of(package: Path) -> Path:
    """The checkout that a package folder lies in. Raises click.ClickException where it is an installed copy."""
    root = package.parent
    if not (root / "setup.cfg").is_file() or not (root / "tests").is_dir():
        raise click.ClickException(
            f"the tests come with a checkout, and this is an installed copy in {root}: "
            "clone the repository and run ./mesos-py test there"
        )
    return root


def run_gate(argv: Sequence[str], root: Path) -> tuple[int, str]:
    """The status of one gate, and all that it printed."""
    done = subprocess.run(argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def run_gates(
    gates: Sequence[tuple[str, Sequence[str]]],
    run: Callable[[Sequence[str]], tuple[int, str]],
    *,
    now: Callable[[], float],
) -> int:
    """Run the gates in order and say how each went. Returns the status of the first that failed, or 0."""
    for name, argv in gates:
        started = now()
        status, words = run(argv)
        took = f"{now() - started:6.1f} s"
        if status != 0:
            click.echo(words.rstrip())
            click.echo(f"{name:<14} {took}  failed")
            return status
        click.echo(f"{name:<14} {took}  ok")
    return 0


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
    epilog="Try it: mesos-py test -k resources -x",
)
@click.option("--long", is_flag=True, help="Run the tests marked `long`, too: many seeds, long fuzzing, minutes.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(long: bool, pytest_arguments: tuple[str, ...]) -> None:
    """Pass the gates (ruff, import-linter, mypy --strict), then the tests. Further arguments go to pytest."""
    import mesos_py

    root = checkout_of(Path(mesos_py.__file__).resolve().parent)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise click.ClickException(f"{', '.join(missing)} not installed; run ./mesos-py test, or install {root}[test]")
    status = run_gates(GATES, lambda argv: run_gate(argv, root), now=time.monotonic)
    if status == 0:
        pytest = [sys.executable, "-m", "pytest", *(["--long"] if long else []), *pytest_arguments]
        status = subprocess.run(pytest, cwd=root, check=False).returncode
    sys.exit(status)

"""`mesos-py allocator replay FILE...`: play files of cases against a policy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from allocators.policies.registry import DEFAULT_POLICY, find_policy
from allocators.replay.cases import Case, parse, play_seeds, read_cases
from allocators.replay.reading import FormatError
from allocators.replay.scenario import MakeAllocator

EPILOG: Final = """\
\b
Try it:
  mesos-py allocator replay tests/conformance/cases/*.json --seeds 20
"""


@click.command("replay", epilog=EPILOG)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--seeds",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many orders of agents each case meets.",
)
@click.option("--allocator", "policy", default=DEFAULT_POLICY, show_default=True, help="The policy to play against.")
@click.option("--case", "only", multiple=True, metavar="ID", help="Play only this case; may be given again.")
def command(files: tuple[Path, ...], seeds: int, policy: str, only: tuple[str, ...]) -> None:
    """Play files of cases: a line for each case that does not come out as expected, then how many did.

    The status is 0 only if there are cases, and all cases of all files pass.
    """
    make = maker(policy)
    passed = failed = spoiled = 0
    missing = dict.fromkeys(only)
    for file in files:
        try:
            cases = read_cases(parse(file.read_bytes()))
        except (FormatError, OSError) as error:
            click.echo(f"Error: {file}: {error.strerror if isinstance(error, OSError) else error}", err=True)
            spoiled += 1
            continue
        chosen = [case for case in cases if not only or case.id in only]
        for case in chosen:
            missing.pop(case.id, None)
        complaints = _complaints(chosen, seeds, make=make)
        for case_id, complaint in complaints:
            click.echo(" ".join(f"{file}: {case_id}: {complaint}".splitlines()))
        failed += len(complaints)
        passed += len(chosen) - len(complaints)
    click.echo(f"{passed} passed, {failed} failed")
    if missing and not spoiled:
        raise click.UsageError(f"--case: no file has {', '.join(map(repr, missing))}")
    if not passed and not failed and not spoiled:
        raise click.ClickException("expected files with at least one case")
    sys.exit(1 if failed or spoiled or missing else 0)


def maker(policy: str) -> MakeAllocator:
    """What makes the policy of that name; an unknown name is an error of usage."""
    try:
        return find_policy(policy)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--allocator") from None


def _complaints(cases: Sequence[Case], seeds: int, *, make: MakeAllocator) -> list[tuple[str, str]]:
    complaints: list[tuple[str, str]] = []
    for case in cases:
        try:
            found = play_seeds(case, seeds, make=make)
            tags = f" ({', '.join(case.tags)})" if case.tags else ""
        except FormatError as error:
            complaints.append((case.id, str(error)))
            continue
        if found is not None:
            seed, mismatch = found
            complaints.append((case.id, f"seed {seed}: {mismatch}{tags}"))
    return complaints

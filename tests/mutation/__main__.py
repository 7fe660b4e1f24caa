"""`python -m tests.mutation`: plant every defect, say which test catches it; exit 0 only if none survives."""

from __future__ import annotations

import sys

import click

from tests.mutation.campaign import WORKERS, BrokenTests, Verdict, run_campaign
from tests.mutation.mutation import StaleMutation
from tests.mutation.mutations import MUTATIONS


@click.command()
@click.option("--only", default="", help="Only mutations with this in their name or path.")
@click.option("--workers", default=WORKERS, show_default=True, help="How many processes.")
@click.option("--all", "is_all", is_flag=True, help="Name every test that catches a mutation, not only the first.")
def main(only: str, *, workers: int, is_all: bool) -> None:
    """Plant small defects in a copy of the allocator and run its tests against each."""
    chosen = [each for each in MUTATIONS if only in each.name or only in each.path]
    try:
        verdicts = run_campaign(chosen, tell, workers=workers, first_only=not is_all)
    except (StaleMutation, BrokenTests) as error:
        raise click.ClickException(str(error)) from None
    caught = sum(bool(each.caught_by) for each in verdicts)
    equivalent = [each.mutation for each in verdicts if each.mutation.equivalent is not None]
    for mutation in equivalent:
        click.echo(f"equivalent: {mutation.name}: {mutation.equivalent}")
    unexpected = [each for each in verdicts if not each.is_expected]
    for verdict in unexpected:
        click.echo(f"UNEXPECTED: {told(verdict)}")
    click.echo(f"{caught} caught, {len(equivalent)} equivalent, {len(unexpected)} unexpected of {len(verdicts)}")
    sys.exit(1 if unexpected else 0)


def tell(verdict: Verdict) -> None:
    click.echo(told(verdict))


def told(verdict: Verdict) -> str:
    return f"{verdict.mutation.path}: {verdict.mutation.name}: {' '.join(verdict.caught_by) or 'SURVIVED'}"


if __name__ == "__main__":
    main()

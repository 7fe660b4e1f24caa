"""`mesos-py allocator compare`: policies beside each other under one workload, in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from rich.console import Console

from allocators.policies.registry import POLICIES
from bench.compare.plot import save_plot
from bench.compare.run import compare
from bench.compare.workloads import DEFAULT_SIZE, WORKLOADS, Size
from bench.plotting import PlotUnavailable, check_plot

EPILOG: Final = "\b\nWorkloads:\n{workloads}\n\n\b\nTry it:\n{examples}\n"
EXAMPLES: Final = (
    "  mesos-py allocator compare --workload paper\n"
    "  mesos-py allocator compare --policies drf,packing,static --workload fragmentation --plot compare.png"
)


def _epilog() -> str:
    workloads = "\n".join(f"  {name:14} {workload.summary}" for name, workload in WORKLOADS.items())
    return EPILOG.format(workloads=workloads, examples=EXAMPLES)


def parse_policies(context: click.Context, option: click.Parameter, text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    names = tuple(filter(None, (name.strip() for name in text.split(","))))
    if not names:
        raise click.BadParameter("expected at least one policy")
    return names


@click.command("compare", epilog=_epilog())
@click.option(
    "--policies",
    default=",".join(POLICIES),
    callback=parse_policies,
    metavar="NAME,...",
    help="Which policies, also those of installed packages; otherwise all of ours.",
)
@click.option(
    "--workload", default="paper", show_default=True, type=click.Choice(tuple(WORKLOADS)), help="What is to be done."
)
@click.option("--agents", default=DEFAULT_SIZE.agents, show_default=True, type=click.IntRange(min=1), help="Machines.")
@click.option(
    "--frameworks", default=0, type=click.IntRange(min=0), help="Tenants; otherwise one of each kind, at least."
)
@click.option(
    "--seconds", default=DEFAULT_SIZE.seconds, show_default=True, type=click.IntRange(min=10), help="Virtual time."
)
@click.option(
    "--seed", default=DEFAULT_SIZE.seed, show_default=True, type=int, help="Of arrivals, durations and policies."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to a file.")
@click.option("--plot", "plot_file", type=click.Path(path_type=Path), help="Draw them, as .png, .svg or .pdf.")
def command(
    policies: tuple[str, ...], *, workload: str, json_file: Path | None, plot_file: Path | None, **size: int
) -> None:
    """What policies make of a cluster, of fairness and of waiting, under the same workload.

    Utilization and dominant shares are means over virtual time. Jain's index is 1 if all tenants with work waiting
    have equal shares by weight. Envy is how much more, in dominant share, a tenant with work waiting could run with
    the resources of another.
    """
    console = Console(highlight=False)
    if plot_file is not None:
        try:
            check_plot(plot_file)
        except PlotUnavailable as error:
            raise click.ClickException(str(error)) from error
    try:
        with console.status("") as status:
            comparison = compare(policies, workload, size=Size(**size), progress=status.update)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    console.print(comparison.table())
    console.print(comparison.tenants_table())
    if json_file is not None:
        comparison.save(json_file)
    if plot_file is not None:
        try:
            save_plot(comparison, plot_file)
        except OSError as error:
            raise click.ClickException(f"--plot: {error}") from error

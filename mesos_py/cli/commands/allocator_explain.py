"""`mesos-py allocator explain FILE --case ID --framework F`: why a framework in a file of cases got no offer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from allocators.explain.answer import as_json, relative
from allocators.explain.explained import ExplainedPolicy
from allocators.explain.explanation import Explanation
from allocators.explain.sentences import sentence, summary
from allocators.policies.registry import DEFAULT_POLICY
from allocators.replay.cases import Case, parse, read_cases
from allocators.replay.reading import Fields, FormatError
from allocators.replay.scenario import DEFECTS, stage_for
from allocators.replay.stage import Stage
from allocators.replay.steps import carry_out
from mesos_py.cli.commands.allocator_replay import maker
from mesos_py.protocol.ids import AgentId, FrameworkId

LOOKS: Final = ("expect", "expect_state")  # Steps that change nothing.
EPILOG: Final = """\
\b
Try it:
  mesos-py allocator explain tests/conformance/cases/allocator_quota.json \\
      --case quota-held-back-for-a-role-without-frameworks --framework f1
"""


class Question(NamedTuple):
    """Who is asked about."""

    framework: str
    role: str | None
    agent: str | None


@click.command("explain", epilog=EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--case", "case_id", required=True, metavar="ID", help="The case of the file.")
@click.option("--step", type=click.IntRange(min=1), help="Ask after so many steps. [default: all]")
@click.option("--allocator", "policy", default=DEFAULT_POLICY, show_default=True, help="The policy to ask.")
@click.option("--json", "is_json", is_flag=True, help="Print records instead of sentences.")
@click.option("--framework", required=True, metavar="ID", help="The framework that got no offer.")
@click.option("--role", help="The role. [default: each that the framework has]")
@click.option("--agent", metavar="ID", help="The agent. [default: all]")
def command(file: Path, *, case_id: str, step: int | None, policy: str, is_json: bool, **question: Any) -> None:
    """Play a case, then say why a framework has no offer: every reason, what is nearest, and what time alone does."""
    asked = Question(**question)
    stage = _play(_find(file, case_id), step, policy=policy)
    if not isinstance(stage.allocator, ExplainedPolicy):
        raise click.ClickException(f"allocator {policy} does not explain itself")
    explanations = _explain(stage.allocator, asked, now=stage.now)
    if is_json:
        click.echo(json.dumps([as_json(each) for each in explanations], indent=2))
        return
    console = Console(highlight=False)
    for explanation in explanations:
        for line in summary(explanation, relative(stage.now)):
            console.print(escape(line))
        console.print(table(explanation))


def _find(file: Path, case_id: str) -> Case:
    try:
        cases = {case.id: case for case in read_cases(parse(file.read_bytes()))}
    except FormatError as error:
        raise click.ClickException(f"{file}: {error}") from None
    if case_id not in cases or cases[case_id].kind != "allocator":
        known = ", ".join(case.id for case in cases.values() if case.kind == "allocator") or "no cases of that kind"
        raise click.BadParameter(f"expected a case of an allocator; the file has {known}", param_hint="--case")
    return cases[case_id]


def _play(case: Case, steps: int | None, *, policy: str) -> Stage:
    """The stage after those steps."""
    try:
        stage = stage_for(case.fields.fields("config", optional=True), 0, make=maker(policy))
        for step in islice(case.fields.listed("steps"), steps):
            _carry_out(stage, step)
    except FormatError as error:
        raise click.ClickException(f"{case.id}: {error}") from None
    return stage


def _carry_out(stage: Stage, step: Fields) -> None:
    if step.text("op") not in LOOKS:
        try:
            carry_out(stage, step)
        except DEFECTS as error:
            raise click.ClickException(f"{step.where} {step.text('op')}: {type(error).__name__}: {error}") from None


def _explain(policy: ExplainedPolicy, asked: Question, *, now: int) -> list[Explanation]:
    framework = FrameworkId(asked.framework)
    roles = policy.roles_of(framework) if asked.role is None else (asked.role,)
    if not roles:
        raise click.BadParameter(f"there is no framework {asked.framework} at that step", param_hint="--framework")
    agent = None if asked.agent is None else AgentId(asked.agent)
    return [policy.explain(framework, role, agent_id=agent, now=now) for role in roles]


def table(explanation: Explanation) -> Table:
    """The reasons by agent."""
    made = Table("agent", "reason", "why", title_justify="left")
    for agent, reason, why in _rows(explanation):
        made.add_row(escape(agent), reason, escape(why))
    return made


def _rows(explanation: Explanation) -> Iterator[tuple[str, str, str]]:
    when = relative(explanation.now)
    for blocker in explanation.blockers:
        yield "any", blocker.reason, sentence(blocker, when)
    for agent in explanation.agents:
        if agent.offered:
            yield agent.agent_id, "", f"has an open offer of {agent.offered}"
        elif not agent.blockers:
            yield agent.agent_id, "", "nothing of its own is in the way"
        for number, blocker in enumerate(agent.blockers):
            yield agent.agent_id if number == 0 else "", blocker.reason, sentence(blocker, when)

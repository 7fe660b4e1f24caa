"""What the pages tell a reader to type exists: every `mesos-py` command in a fenced block, and each of its options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mesos_py.cli.groups import COMMANDS, make_group
from tests.tidy.shape_rules import MACHINE_PATH
from tests.tidy.source import ROOT

FENCE = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").rglob("*.md")])


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of every call of `mesos-py` in the fenced blocks, without the name itself."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"\s(?:&&|\|\||[|;&])(?:\s|$)", line):
                words = shlex.split(part.removeprefix("$ "), comments=True)
                names = [index for index, word in enumerate(words) if word.rsplit("/", 1)[-1] == "mesos-py"]
                if names and words[0] not in {"cd", "git"}:
                    yield words[names[0] + 1 :]


def problem(words: list[str]) -> str | None:
    """What is wrong with a call: no such subcommand, or no such option of it."""
    group = make_group(COMMANDS)
    options = [word for word in words if word.startswith("-")]
    if not words or words[0].startswith("-"):
        return None if set(options) <= {"--help", "-h", "--version"} else f"{words}: no such option"
    if words[0] not in COMMANDS:
        return f"{words[0]}: no such command"
    command = group.get_command(click.Context(group), words[0])
    depth = 1
    while isinstance(command, click.Group) and len(words) > depth and not words[depth].startswith("-"):
        command, depth = command.get_command(click.Context(command), words[depth]), depth + 1
    if command is None:
        return f"{' '.join(words[:depth])}: no such command"
    known = {name for parameter in command.get_params(click.Context(command)) for name in parameter.opts}
    unknown = [option for option in options if option.partition("=")[0] not in known]
    passes_on = bool(command.context_settings.get("ignore_unknown_options"))
    return f"{words[0]}: no option {unknown[0]}" if unknown and not passes_on else None


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_on_the_page_exists(page: Path) -> None:
    assert [wrong for words in commands_in(page.read_text()) if (wrong := problem(words)) is not None] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_names_a_path_of_somebodys_machine(page: Path) -> None:
    assert MACHINE_PATH.findall(page.read_text()) == []


@pytest.mark.parametrize(
    "line", ["./mesos-py bake", "mesos-py test; mesos-py master --no-such-flag", "$ A=1 mesos-py --bake"]
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    page = f"Do this:\n\n```sh\n{line}\n```\n"

    assert [wrong for words in commands_in(page) if (wrong := problem(words)) is not None] != []


def test_a_command_that_exists_is_let_pass() -> None:
    page = "```sh\n./mesos-py test -k resources --long  # quick\ncd mesos-py\n```\n\n```\nmesos-py bake\n```\n"

    assert [problem(words) for words in commands_in(page)] == [None]

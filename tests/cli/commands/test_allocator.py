"""`mesos-py allocator`: replay of files and the protocol, as a user meets them."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from allocators.replay.protocol import LINE_BYTES_MAX
from mesos_py.cli.commands import allocator
from mesos_py.cli.commands.allocator_serve import lines_of
from mesos_py.cli.groups import COMMANDS, make_group

CASES: Final = Path(__file__).parents[2] / "conformance" / "cases"


def call(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(make_group(COMMANDS), ["allocator", *map(str, arguments)], input=stdin)


def write(path: Path, *rows: Any, kind: str = "roles") -> Path:
    path.write_text(json.dumps({"format": 1, "kind": kind, "rows": rows}))
    return path


GOOD: Final = {"id": "good", "check": ["valid", "a"], "expect": True}
BAD: Final = {"id": "bad", "check": ["valid", "a b"], "expect": True, "tags": ["quirk"]}


def test_all_cases_of_the_project_pass() -> None:
    result = call("replay", *sorted(CASES.glob("*.json")))

    assert result.exit_code == 0
    assert result.output.splitlines()[-1].endswith(" passed, 0 failed")
    assert len(result.output.splitlines()) == 1


def test_a_case_that_fails_is_one_line_with_expected_and_got(tmp_path: Path) -> None:
    file = write(tmp_path / "roles.json", GOOD, BAD)

    result = call("replay", file, "--seeds", 3)

    assert result.exit_code == 1
    assert result.output == f"{file}: bad: seed 0: valid: expected true, got false (quirk)\n1 passed, 1 failed\n"


def test_one_case_can_be_chosen(tmp_path: Path) -> None:
    file = write(tmp_path / "roles.json", GOOD, BAD)

    assert call("replay", file, "--case", "good").output == "1 passed, 0 failed\n"


def test_a_case_that_no_file_has_is_an_error_of_usage(tmp_path: Path) -> None:
    file = write(tmp_path / "roles.json", GOOD, BAD)

    result = call("replay", file, "--case", "good", "--case", "nosuch")

    assert result.exit_code == 2
    assert "--case: no file has 'nosuch'" in result.stderr


def test_nothing_played_is_nothing_passed(tmp_path: Path) -> None:
    result = call("replay", write(tmp_path / "roles.json"))

    assert result.exit_code == 1
    assert "expected files with at least one case" in result.stderr


def test_a_case_that_cannot_be_understood_names_file_case_and_key(tmp_path: Path) -> None:
    file = write(tmp_path / "roles.json", GOOD, {"id": "odd", "check": "valid", "expect": True})

    result = call("replay", file)

    assert result.exit_code == 1
    assert result.output == f"{file}: odd: check: expected a list, got 'valid'\n1 passed, 1 failed\n"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": 1, "kind": "songs"}'])
def test_a_file_that_is_none_spoils_the_status_and_no_other_file(tmp_path: Path, content: bytes) -> None:
    broken, good = tmp_path / "broken.json", write(tmp_path / "roles.json", GOOD)
    broken.write_bytes(content)

    result = call("replay", broken, good)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {broken}: ")
    assert result.stdout == "1 passed, 0 failed\n"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = call("replay", tmp_path / "none.json")

    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'none.json'}: No such file or directory\n"


@pytest.mark.parametrize("name", ["replay", "serve"])
def test_an_unknown_policy_is_an_error_of_usage(name: str) -> None:
    arguments = [CASES / "roles.json"] if name == "replay" else []

    result = call(name, *arguments, "--allocator", "lottery")

    assert result.exit_code == 2
    assert "lottery" in result.stderr


def test_serve_answers_each_line_whatever_it_is() -> None:
    lines = [
        b'{"op": "start", "config": {}, "seed": 1}',
        b'{"op": "add_framework", "id": "f1", "roles": ["r"]}',
        b"no json",
        b'{"op": "add_agent", "id": "n1", "resources": {"cpus": 1}}',
        b'{"op": "query", "want": {"cluster_total": {}}}',
    ]

    result = call("serve", stdin=b"\n".join(lines))

    assert result.exit_code == 0
    answers = list(map(json.loads, result.stdout.splitlines()))
    assert answers[:2] == [{}, {}]
    assert list(answers[2]) == ["error"]
    assert answers[3:] == [{"offers": [["f1", "r", "n1", {"cpus": 1}]]}, {"state": {"cluster_total": {"cpus": 1.0}}}]


def test_a_line_that_is_too_long_is_cut_and_the_next_is_whole() -> None:
    stream = io.BytesIO(b"x" * (3 * LINE_BYTES_MAX) + b"\n{}\n" + b"y" * (LINE_BYTES_MAX + 1))

    lengths = [len(line) for line in lines_of(stream)]

    assert lengths == [LINE_BYTES_MAX + 2, 2, LINE_BYTES_MAX + 1]


def test_every_row_of_the_table_names_a_module_that_exists_and_is_listed() -> None:
    result = call("--help")

    assert [row.module for row in allocator.COMMANDS.values() if find_spec(row.module) is None] == []
    assert allocator.COMMANDS.keys() <= {line.split()[0] for line in result.output.splitlines() if line.strip()}

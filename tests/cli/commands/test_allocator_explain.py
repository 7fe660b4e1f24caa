"""`mesos-py allocator explain`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mesos_py.cli.commands.allocator import command

CASE = {
    "id": "planted",
    "steps": [
        {"op": "add_framework", "id": "f1", "roles": ["a", "b"], "suppressed_roles": ["b"]},
        {"op": "add_agent", "id": "n1", "resources": {"cpus": 4, "mem": 400}},
        {"op": "expect", "offers": {"f1": {"a": {"n1": {"cpus": 4, "mem": 400}}}}},
        {"op": "recover_all", "filter_seconds": 30},
        {"op": "advance_clock", "seconds": 10},
    ],
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"format": 1, "kind": "allocator", "scenarios": [CASE]}))
    return str(path)


def explain(file: str, *options: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(command, ["explain", file, "--case", "planted", *options])


def test_every_role_of_the_framework_is_explained_with_a_table(file: str) -> None:
    result = explain(file, "--framework", "f1")

    assert result.exit_code == 0, result.output
    assert "Framework f1 under role a: no open offers; so far it was made 1 offer." in result.output
    assert "that ends in 20secs" in result.output
    assert "suppressed" in result.output


def test_the_question_is_about_the_moment_after_so_many_steps(file: str) -> None:
    result = explain(file, "--framework", "f1", "--role", "a", "--step", "2")

    assert "has an open offer of cpus:4;mem:400" in result.output


def test_json_has_the_records(file: str) -> None:
    result = explain(file, "--framework", "f1", "--role", "a", "--agent", "n1", "--json")

    (explanation,) = json.loads(result.output)
    assert explanation["agents"][0]["blockers"][0]["reason"] == "refused"
    assert explanation["earliest"] == 30_000_000_000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--framework", "f9"), "there is no framework f9"),
        (("--framework", "f1", "--case", "other"), "the file has planted"),
        (("--framework", "f1", "--allocator", "other"), "allocator 'other'"),
    ],
)
def test_what_is_not_there_is_told(file: str, options: tuple[str, ...], says: str) -> None:
    result = explain(file, *options)

    assert result.exit_code == 2
    assert says in " ".join(result.output.split())


def test_a_file_that_breaks_the_format_is_told_with_the_key(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"format": 2}')

    result = explain(str(path), "--framework", "f1")

    assert result.exit_code == 1
    assert "format: expected 1" in result.output


def test_a_step_that_cannot_be_carried_out_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    case = {"id": "planted", "steps": [{"op": "fly"}]}
    path.write_text(json.dumps({"format": 1, "kind": "allocator", "scenarios": [case]}))

    result = explain(str(path), "--framework", "f1")

    assert result.exit_code == 1
    assert "op: expected one of" in result.output

"""`mesos-py bench actors` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.actors.environments import PEERS, Missing, cache_folder, interpreter_for
from mesos_py.cli.commands.bench import command


def test_one_case_is_measured_judged_saved_and_drawn_with_pykka_beside_it(tmp_path: Path) -> None:
    files = ["--json", str(tmp_path / "figures.json"), "--plot", str(tmp_path / "picture.png")]

    result = CliRunner().invoke(command, ["actors", "--case", "dispatch_serial", "--rounds", "1", *files])

    assert result.exit_code == 0, result.output
    assert "pykka_dispatch_serial" in result.output
    data = json.loads((tmp_path / "figures.json").read_text())
    assert [each["name"] for each in data["results"]] == ["dispatch_serial", "pykka_dispatch_serial"]
    assert all(each["r"] > 0 for each in data["results"])
    assert (tmp_path / "picture.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--case", "local_sent"], "local_sent"),
        (["--rounds", "0"], "--rounds"),
        (["--flood", "--case", "spawn"], "--flood goes alone"),
        (["--json", "no/such/folder/figures.json"], "its folder does not exist"),
    ],
)
def test_bad_usage_is_told_before_anything_is_measured(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(command, ["actors", *arguments])

    assert result.exit_code == 2
    assert complaint in result.output


def test_a_runtime_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=rf"thespian is not installed: --install-peers puts it into {tmp_path}/thespian"):
        interpreter_for(PEERS["thespian"], tmp_path)


def test_a_runtime_in_an_environment_of_its_own_is_found_there(tmp_path: Path) -> None:
    python = tmp_path / "thespian" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()

    assert interpreter_for(PEERS["thespian"], tmp_path) == str(python)


def test_environments_are_made_below_the_users_cache() -> None:
    assert str(cache_folder({"XDG_CACHE_HOME": "/c"})) == "/c/mesos-py/peers"
    assert str(cache_folder({"HOME": "/ada"})) == "/ada/.cache/mesos-py/peers"

"""Work directories: whose they are, and what is said of one that cannot be used."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from libprocess_py.flags import load
from slave.flags import AgentFlags
from slave.main import EXIT_FAILED, run
from slave.work_dir import WorkDirectory


def test_a_directory_is_made_with_those_above_it(tmp_path: Path) -> None:
    with WorkDirectory(str(tmp_path / "a" / "b")):
        assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("remove", [True, False])
def test_a_directory_is_removed_at_the_end_only_if_asked(tmp_path: Path, remove: bool) -> None:
    with WorkDirectory(str(tmp_path / "work"), remove=remove):
        (tmp_path / "work" / "file").touch()

    assert (tmp_path / "work").exists() is not remove


def test_a_second_agent_is_refused_and_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sandbox").touch()

    with (
        WorkDirectory(str(tmp_path)),
        pytest.raises(OSError, match="another agent"),
        WorkDirectory(str(tmp_path), remove=True),
    ):
        pass

    assert (tmp_path / "sandbox").exists()


def test_an_agent_that_ended_leaves_its_directory_to_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        with WorkDirectory(str(tmp_path)):
            pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "why"),
    [("file", "it is a file"), ("file/below", "Not a directory"), ("/proc/agent", "No such file or directory")],
)
def test_an_agent_whose_directory_cannot_be_used_says_so_and_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, why: str
) -> None:
    (tmp_path / "file").touch()
    flags = load(AgentFlags, {"master": "10.0.0.1:5050", "port": "0", "work_dir": str(tmp_path / path)}, environ={})

    with caplog.at_level(logging.ERROR):
        assert run(flags, ready=lambda pid: pytest.fail(f"{pid} is ready")) == EXIT_FAILED

    (record,) = caplog.records
    assert record.getMessage() == f"agent_not_started work_dir={str(tmp_path / path)!r} error={why!r}"

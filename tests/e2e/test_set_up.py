"""The script at the root, `./mesos-py`, on a checkout of its own: when it installs, when not, and what it says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.tidy.source import ROOT

PINNED: Final = ("constraints.txt", "setup.cfg", "pyproject.toml")
# All that the script may call before it has found a Python; no package manager is among them.
PROGRAMS: Final = ("awk", "cat", "cksum", "dirname", "id", "readlink")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that is set up, with a command that prints its arguments."""
    root = tmp_path / "a checkout"
    (root / ".venv" / "bin").mkdir(parents=True)
    for name in ("mesos-py", *PINNED):
        shutil.copy(ROOT / name, root / name)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    command = root / ".venv" / "bin" / "mesos-py"
    command.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    command.chmod(0o755)
    pins = b"".join((root / name).read_bytes() for name in PINNED)
    checksum = subprocess.run(["cksum"], input=pins, stdout=subprocess.PIPE, check=True).stdout.decode()
    (root / ".venv" / ".set-up").write_text(f"{sys.version}\n{root.resolve()}\n{checksum}")
    return root


def call(script: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a script with nothing but `path` to find programs in, and from a folder that is not the checkout."""
    path.mkdir(exist_ok=True)
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found is not None
        (path / name).symlink_to(found)
    return subprocess.run(
        [script, *arguments], env={"PATH": str(path)}, cwd=path, capture_output=True, text=True, check=False
    )


def test_a_checkout_that_is_set_up_runs_the_command_and_says_nothing(checkout: Path, tmp_path: Path) -> None:
    done = call(checkout / "mesos-py", "demo", "two words", path=tmp_path / "bin")

    assert (done.returncode, done.stdout, done.stderr) == (0, "<demo><two words>", "")


def test_the_script_finds_its_checkout_through_symbolic_links(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "first").symlink_to(checkout / "mesos-py")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "second").symlink_to("../first")

    assert call(tmp_path / "links" / "second", "demo", path=tmp_path / "bin").stdout == "<demo>"


@pytest.mark.parametrize("changed", [*PINNED, ".venv/.set-up"])
def test_a_change_of_what_was_installed_asks_for_a_set_up(checkout: Path, tmp_path: Path, changed: str) -> None:
    with (checkout / changed).open("a") as file:
        file.write("# changed\n")

    done = call(checkout / "mesos-py", "demo", path=tmp_path / "bin")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("mesos-py: python3 3.11 or newer with its venv module is needed: ")


def test_a_checkout_that_was_moved_asks_for_a_set_up(checkout: Path, tmp_path: Path) -> None:
    moved = checkout.rename(tmp_path / "moved")

    assert "is needed" in call(moved / "mesos-py", "demo", path=tmp_path / "bin").stderr


def test_a_python_that_is_too_old_or_has_no_venv_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".venv" / ".set-up").unlink()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "python3").chmod(0o755)

    assert "is needed" in call(checkout / "mesos-py", "demo", path=tmp_path / "bin").stderr

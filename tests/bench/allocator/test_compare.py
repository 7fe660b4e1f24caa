"""Two revisions of a small repository of its own, measured in turn."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from bench.allocator.compare import CannotCompare, Ratio, checkout, compare, table_of
from bench.allocator.definitions import Size
from bench.allocator.running import ROOT
from bench.allocator.workloads import DEFINITIONS_VERSION, Entry

PACKAGES = ("allocators", "bench", "libprocess_py", "mesos_py")
ENTRY = Entry("sorter-flat", Size(3, 2))
IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *IDENTITY, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def commit(root: Path, tag: str) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", tag)
    git(root, "tag", tag)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three revisions: without a bench, like this one, and with other workloads; the last is checked out."""
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "--quiet")
    (root / "README").write_text("nothing yet\n")
    commit(root, "empty")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    commit(root, "same")
    workloads = root / "bench" / "allocator" / "workloads.py"
    text = workloads.read_text()
    workloads.write_text(text.replace("DEFINITIONS_VERSION: Final = ", "DEFINITIONS_VERSION: Final = 9"))
    commit(root, "other")
    return root


def test_both_revisions_are_measured_in_turn_and_each_case_has_a_ratio(repository: Path) -> None:
    progress: list[int] = []

    with checkout("same", root=repository) as there:
        ratios = compare([ENTRY], 2, there=there, here=ROOT, progress=lambda _, left: progress.append(left))

    assert progress == [2, 1]
    names = [each.name for each in ratios]
    assert "sorter_flat_sort_3x2" in names
    assert names[-1] == "memory of sorter-flat 3x2"
    assert all(each.ratio > 0 for each in ratios)


def test_a_checkout_has_the_files_of_its_revision_and_is_removed_in_the_end(repository: Path) -> None:
    with checkout("same", root=repository) as there:
        is_there = (there / "bench" / "allocator" / "worker.py").exists()
        registered = git(repository, "worktree", "list")

    assert is_there
    assert str(there) in registered
    assert not there.exists()
    assert str(there) not in git(repository, "worktree", "list")


def test_a_checkout_is_removed_although_measuring_failed(repository: Path) -> None:
    with pytest.raises(ZeroDivisionError), checkout("same", root=repository) as there:
        raise ZeroDivisionError

    assert not there.exists()
    assert str(there) not in git(repository, "worktree", "list")


@pytest.mark.parametrize("revision", ["no-such-branch", "--help", ""])
def test_an_unknown_revision_is_refused(repository: Path, revision: str) -> None:
    with pytest.raises(CannotCompare, match="expected a commit, branch or tag"), checkout(revision, root=repository):
        pass


def test_a_revision_without_this_bench_is_refused(repository: Path) -> None:
    with pytest.raises(CannotCompare, match="it has no bench/allocator/worker"), checkout("empty", root=repository):
        pass


def test_revisions_whose_workloads_differ_are_not_compared(repository: Path) -> None:
    with (
        checkout("other", root=repository) as there,
        pytest.raises(
            CannotCompare,
            match=f"version {DEFINITIONS_VERSION}, there 9{DEFINITIONS_VERSION}",
        ),
    ):
        compare([ENTRY], 1, there=there, here=ROOT, progress=lambda _, left: None)


def test_a_ratio_below_one_means_that_this_tree_needs_less() -> None:
    ratios = [Ratio("cold", here=0.5, there=2.0), Ratio("memory", here=3e6, there=2e6)]

    console = Console(width=100)
    with console.capture() as capture:
        console.print(table_of(ratios, "v1"))

    assert [each.ratio for each in ratios] == [0.25, 1.5]
    assert "0.25" in capture.get()
    assert "v1" in capture.get()

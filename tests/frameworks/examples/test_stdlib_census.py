"""The census: what it counts, and what it does with files that are no Python."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mesos_py.frameworks.examples import stdlib_census as census

SOURCE = '''\
class Outer:
    def short(self): ...

    async def long(self):
        """Three lines
        with its head."""
'''


def test_lines_functions_classes_and_the_longest_function_are_counted(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mod.py").write_text(SOURCE)

    count = census.count_module(tmp_path, "pkg/mod.py")

    assert count == census.ModuleCount("pkg/mod.py", "pkg", 6, 2, 1, "long", 3)


def test_a_file_that_is_no_python_is_reported_and_not_counted(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def (:")

    count = census.count_module(tmp_path, "bad.py")

    assert count.problem.startswith("SyntaxError")
    assert (count.package, count.lines) == ("bad", 0)


def test_installed_packages_are_not_the_library(tmp_path: Path) -> None:
    for name in ("a.py", "site-packages/b.py", "pkg/__pycache__/c.py", "pkg/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert census.library_files(tmp_path) == ["a.py", "pkg/d.py"]


@given(st.lists(st.text(max_size=3), max_size=50, unique=True), st.integers(1, 10))
def test_batches_hold_every_file_once_and_none_is_too_large(files: list[str], size: int) -> None:
    made = census.batches(files, size)

    assert sorted(file for batch in made for file in batch) == sorted(files)
    assert all(len(batch) <= size for batch in made)


def test_a_package_is_the_sum_of_its_files() -> None:
    counts = [
        census.ModuleCount("p/a.py", "p", 10, 2, 1, "f", 4),
        census.ModuleCount("p/b.py", "p", 5, 1, 0, "g", 5),
        census.ModuleCount("p/c.py", "p", problem="SyntaxError"),
        census.ModuleCount("q.py", "q", 100),
    ]

    rows = census.summarise(counts)

    assert [row.package for row in rows] == ["q", "p"]
    assert rows[1] == census.PackageCount("p", 3, 15, 3, 1, "g", 5, 1)

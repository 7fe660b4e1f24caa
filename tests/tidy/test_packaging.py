"""The metadata says what the tree holds: packages, pins, markers of types, names at the top."""

from __future__ import annotations

import configparser
import re
import subprocess
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from tests.tidy.source import ROOT, TOP_LEVEL_PACKAGES

INSTALLED: Final = tuple(name for name in TOP_LEVEL_PACKAGES if name != "tests")

# Each folder at the top is a name in every user's site-packages, or has to explain itself.
FOLDERS: Final = frozenset({*TOP_LEVEL_PACKAGES, "docs"})
FILES: Final = frozenset(
    {
        *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"),
        *("MANIFEST.in", "constraints.txt", "mesos-py", "pyproject.toml", "ruff.toml", "setup.cfg"),
    }
)


def metadata() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def words(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def packages_of(tree: Path, tops: Iterable[str]) -> list[str]:
    """Every folder below `tops` that has modules, as a dotted name."""
    folders = {path.parent for top in tops for path in (tree / top).rglob("*.py")}
    return sorted(folder.relative_to(tree).as_posix().replace("/", ".") for folder in folders)


def unknown_names(tree: Path, ignored: Iterable[str]) -> list[str]:
    """What lies at the top and is neither allowed, hidden, nor ignored by git."""
    patterns = [pattern.rstrip("/") for pattern in ignored]
    return sorted(
        path.name
        for path in tree.iterdir()
        if path.name not in (FOLDERS if path.is_dir() else FILES)
        and not path.name.startswith(".")
        and not any(fnmatch(path.name, pattern) for pattern in patterns)
    )


def distribution_names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\s<>=!~;\[]", line)[0].lower() for line in requirements}


def faulty_pins(text: str) -> list[str]:
    """Requirements without one exact version or without a hash, and lines that name an address."""
    blocks = re.split(r"\n(?=\S)", text.strip())
    pins = [block for block in blocks if not block.startswith("#")]
    addresses = [line for line in text.splitlines() if "://" in line or line.startswith("-")]
    return [pin for pin in pins if not re.match(r"[\w-]+==[\w.]+ ", pin) or "--hash=sha256:" not in pin] + addresses


def test_the_packages_in_setup_cfg_are_those_in_the_tree() -> None:
    assert sorted(words(metadata()["options"]["packages"])) == packages_of(ROOT, INSTALLED)


def test_every_folder_with_modules_is_a_package() -> None:
    folders = [name.replace(".", "/") for name in packages_of(ROOT, TOP_LEVEL_PACKAGES)]

    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()] == []


def test_every_installed_top_level_package_is_marked_as_typed() -> None:
    assert [name for name in INSTALLED if not (ROOT / name / "py.typed").is_file()] == []


def test_nothing_but_the_agreed_names_lies_at_the_top() -> None:
    assert unknown_names(ROOT, words((ROOT / ".gitignore").read_text())) == []


def test_a_new_name_at_the_top_is_found(tmp_path: Path) -> None:
    for name in ("setup.cfg", ".hidden", "notes.txt", "build"):
        (tmp_path / name).touch()
    (tmp_path / "scripts").mkdir()

    assert unknown_names(tmp_path, ["build/"]) == ["notes.txt", "scripts"]


def test_every_dependency_is_pinned() -> None:
    options = metadata()
    extras = [line for text in options["options.extras_require"].values() for line in words(text)]
    wanted = distribution_names([*words(options["options"]["install_requires"]), *extras, "setuptools", "uv"])

    pinned = distribution_names(re.findall(r"^(\S+)==", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE))
    assert sorted(wanted - pinned) == []


def test_every_pin_is_exact_and_hashed_and_names_no_registry() -> None:
    assert faulty_pins((ROOT / "constraints.txt").read_text()) == []


@pytest.mark.parametrize(
    "bad", ["a>=1 \\\n    --hash=sha256:0", "a==1 ", "a==1 \\\n    --hash=sha256:0\n--index-url https://example.org"]
)
def test_a_loose_pin_is_found(bad: str) -> None:
    assert faulty_pins(bad) != []


def test_python_prctl_is_no_hard_dependency() -> None:
    required = distribution_names(words(metadata()["options"]["install_requires"]))

    assert "python-prctl" not in required
    assert "pyprctl" in required


@pytest.mark.parametrize("script", ["mesos-py", ".ci/run"])
def test_the_scripts_are_executable_and_parse(script: str) -> None:
    shell = (ROOT / script).read_text().splitlines()[0].removeprefix("#!").split()[-1].rsplit("/", 1)[-1]

    assert subprocess.run([shell, "-n", str(ROOT / script)], check=False).returncode == 0
    assert (ROOT / script).stat().st_mode & 0o111

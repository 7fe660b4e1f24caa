"""A census of the standard library: what the demo computes on the cluster.

Every module of the running Python is parsed; lines, functions and classes are counted, and the longest function of
each package found. `count_batch` is the function that runs as a task; everything it needs is in its arguments and in
Python itself.
"""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Installed packages are not the library.
EXCLUDED: Final = frozenset({"site-packages", "dist-packages", "__pycache__"})


@dataclass(frozen=True, slots=True)
class ModuleCount:
    """One file: where it belongs, and what is in it.

    `problem` is set, and the counts are zero, if it cannot be parsed.
    """

    path: str
    package: str
    lines: int = 0
    functions: int = 0
    classes: int = 0
    longest: str = ""
    longest_lines: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PackageCount:
    """The sum over a package's files."""

    package: str
    files: int
    lines: int
    functions: int
    classes: int
    longest: str
    longest_lines: int
    unparsable: int


def library_root() -> Path:
    return Path(sysconfig.get_paths()["stdlib"])


def library_files(root: Path) -> list[str]:
    """All module files below `root`, relative to it, in order."""
    found = (path.relative_to(root) for path in root.rglob("*.py"))
    return sorted(str(path) for path in found if not EXCLUDED.intersection(path.parts))


def batches(files: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Files dealt out like cards, so that neighbours, which are alike in size, go to different batches."""
    count = max(1, -(-len(files) // size))
    return [tuple(files[start::count]) for start in range(count)]


def count_batch(root: str, files: Sequence[str]) -> list[ModuleCount]:
    """Parse each of `files` below `root`."""
    return [count_module(Path(root), file) for file in files]


def count_module(root: Path, file: str) -> ModuleCount:
    """Parse one file. One that is no valid Python (the library ships some, as test data) is reported as such."""
    package = package_of(file)
    source = (root / file).read_bytes()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        return ModuleCount(path=file, package=package, problem=f"{type(error).__name__}: {error}")
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    longest = max(functions, key=_length, default=None)
    return ModuleCount(
        path=file,
        package=package,
        lines=len(source.splitlines()),
        functions=len(functions),
        classes=sum(isinstance(node, ast.ClassDef) for node in ast.walk(tree)),
        longest=longest.name if longest else "",
        longest_lines=_length(longest) if longest else 0,
    )


def package_of(file: str) -> str:
    """The top-level package, or the module's own name for a file that is in none."""
    first = Path(file).parts[0]
    return first.removesuffix(".py")


def summarise(counts: Iterable[ModuleCount]) -> list[PackageCount]:
    """One row per package, the one with the most lines first."""
    grouped: dict[str, list[ModuleCount]] = {}
    for count in counts:
        grouped.setdefault(count.package, []).append(count)
    rows = [_summary(package, modules) for package, modules in grouped.items()]
    return sorted(rows, key=lambda row: (-row.lines, row.package))


def _summary(package: str, modules: list[ModuleCount]) -> PackageCount:
    longest = max(modules, key=lambda module: (module.longest_lines, module.path))
    return PackageCount(
        package=package,
        files=len(modules),
        lines=sum(module.lines for module in modules),
        functions=sum(module.functions for module in modules),
        classes=sum(module.classes for module in modules),
        longest=longest.longest,
        longest_lines=longest.longest_lines,
        unparsable=sum(bool(module.problem) for module in modules),
    )


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1

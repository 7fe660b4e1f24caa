"""Rules of shape: how big things may be, what they are called, what every module opens with."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.tidy.findings import Finding
from tests.tidy.source import FunctionNode, Module

LINES_MAX: Final = 500  # What a reader can hold of one concept; the aim is 300.
FUNCTION_LINES_MAX: Final = 60  # One screen; the aim is 30.
PARAMETERS_MAX: Final = 5  # More is a record that has not been named yet.
POSITIONAL_MAX: Final = 2  # From the third on, a call is unreadable without names.
TEST_WORDS_MIN: Final = 3  # A sentence that can be false is not shorter.

# Decorators by which a library calls the function, with the names of its parameters.
CALLERS: Final = frozenset({"click.command", "given", "initialize", "pytest.fixture", "rule"})
# Names that say nothing of what is inside.
EMPTY_NAMES: Final = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "stuff"})
IGNORE: Final = re.compile(r"#\s*(?:type:\s*ignore|noqa)")
IGNORE_WITH_REASON: Final = re.compile(
    r"#\s*(?:type:\s*ignore\[[\w-]+(?:,\s*[\w-]+)*\]|noqa:\s*\w+(?:,\s*\w+)*)\s*#\s*\w+.*"
)
LATER: Final = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH: Final = re.compile(r"(?<![\w./$~{}-])/(?:root|home)/\w")


def module_size(module: Module) -> Iterator[Finding]:
    """No file is longer than a reader can hold."""
    lines = module.text.count("\n")
    if lines > LINES_MAX:
        yield Finding(module.path, lines, f"{lines} lines, at most {LINES_MAX}")


def function_size(module: Module) -> Iterator[Finding]:
    """No function is longer than one screen, decorators aside."""
    for name, node in module.functions():
        assert node.end_lineno is not None
        lines = node.end_lineno - node.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield Finding(f"{module.path}:{name}", node.lineno, f"{lines} lines, at most {FUNCTION_LINES_MAX}")


def parameter_count(module: Module) -> Iterator[Finding]:
    """At most five parameters."""
    for name, node in module.functions():
        count = len(_positional(node)) + len(node.args.kwonlyargs)
        if count > PARAMETERS_MAX:
            yield Finding(f"{module.path}:{name}", node.lineno, f"{count} parameters, at most {PARAMETERS_MAX}")


def named_parameters(module: Module) -> Iterator[Finding]:
    """Parameters are keyword-only from the third on, unless a library makes the call and names them anyway."""
    for name, node in module.functions():
        count = len(_positional(node))
        if count > POSITIONAL_MAX and not _is_called_by_a_library(node):
            yield Finding(f"{module.path}:{name}", node.lineno, f"{count} positional, at most {POSITIONAL_MAX}")


def _positional(node: FunctionNode) -> list[str]:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"], ["mcls"]) else names


def _is_called_by_a_library(node: FunctionNode) -> bool:
    decorators = {ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list}
    is_dunder = node.name.startswith("__") and node.name.endswith("__") and node.name != "__init__"
    return is_dunder or node.name.startswith(("test_", "pytest_")) or bool(decorators & CALLERS)


def telling_name(module: Module) -> Iterator[Finding]:
    """A module is named by its noun."""
    name = module.rooms[-1] if module.name == "__init__.py" else module.name.removesuffix(".py")
    if name in EMPTY_NAMES:
        yield Finding(module.path, 1, f"{name!r} does not say what is inside")


def module_docstring(module: Module) -> Iterator[Finding]:
    """Every module opens by saying what it is for; an empty file that only makes a test folder a package need not."""
    says_nothing = module.name == "__init__.py" and module.rooms[0] == "tests" and not module.text
    if ast.get_docstring(module.tree) is None and not says_nothing:
        yield Finding(module.path, 1, "no docstring that says what the module is for")


def reasoned_ignore(module: Module) -> Iterator[Finding]:
    """Silencing a checker names the check and gives a reason."""
    for line, comment in module.comments():
        if IGNORE.search(comment) and not IGNORE_WITH_REASON.search(comment):
            yield Finding(module.path, line, f"{comment!r} names no check or gives no reason")


def nothing_left_for_later(module: Module) -> Iterator[Finding]:
    """What is missing is an issue, not a comment."""
    for line, comment in module.comments():
        if LATER.search(comment):
            yield Finding(module.path, line, f"{comment!r}: open an issue")


def no_machine_path(module: Module) -> Iterator[Finding]:
    """Nothing depends on the machine that it was written on."""
    for number, line in enumerate(module.text.splitlines(), start=1):
        if MACHINE_PATH.search(line):
            yield Finding(module.path, number, f"a path of somebody's machine: {line.strip()}")


def test_name_is_a_sentence(module: Module) -> Iterator[Finding]:
    """A test is named by the sentence it checks."""
    if module.rooms[:1] == ("tests",):
        for name, node in module.functions():
            words = node.name.split("_")
            if words[0] == "test" and len(words) <= TEST_WORDS_MIN:
                yield Finding(f"{module.path}:{name}", node.lineno, "the name is no sentence that can be false")


test_name_is_a_sentence.__test__ = False  # type: ignore[attr-defined]  # pytest would take the rule for a test.

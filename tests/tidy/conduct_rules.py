"""Rules for tests: nothing is skipped, nothing waits for a clock, nothing under test is replaced."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.tidy.findings import Finding
from tests.tidy.source import Module

LEFT_OUT: Final = frozenset({"skip", "skipif", "skipTest", "skipUnless", "skipIf", "xfail", "importorskip"})
CLOCKS: Final = frozenset({"time", "monotonic", "perf_counter", "process_time", "monotonic_ns", "perf_counter_ns"})


def is_test(module: Module) -> bool:
    return module.rooms[:1] == ("tests",)


def nothing_skipped(module: Module) -> Iterator[Finding]:
    """A test that does not run says nothing."""
    for node in ast.walk(module.tree):
        if is_test(module) and isinstance(node, ast.Attribute) and node.attr in LEFT_OUT:
            yield Finding(module.path, node.lineno, f"{ast.unparse(node)}: a test runs or does not exist")


def no_sleep(module: Module) -> Iterator[Finding]:
    """A test waits for an event. `sleep(0)`, which only lets others run, is none."""
    for node in ast.walk(module.tree):
        if is_test(module) and isinstance(node, ast.Call) and _last_name(node.func) == "sleep" and not _is_zero(node):
            yield Finding(module.path, node.lineno, "sleeps; wait for an event or advance a virtual clock")


def no_timed_assertion(module: Module) -> Iterator[Finding]:
    """An assertion about elapsed time fails on a busy machine and says nothing on a fast one."""
    for node in ast.walk(module.tree):
        if is_test(module) and isinstance(node, ast.Assert):
            for call in ast.walk(node.test):
                if isinstance(call, ast.Call) and _names_a_clock(call.func):
                    yield Finding(module.path, node.lineno, "asserts about the clock of the machine")


def no_replacement(module: Module) -> Iterator[Finding]:
    """Tests use real objects, or fakes written as such; they do not patch."""
    if not is_test(module):
        return
    for line, name in module.imports():
        if name.startswith(("unittest.mock", "mock.", "pytest_mock")) or name == "unittest.mock":
            yield Finding(module.path, line, f"imports {name}")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "monkeypatch.setattr":
            yield Finding(module.path, node.lineno, "patches an attribute; pass what the code needs in")


def _is_zero(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _names_a_clock(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[0] == "time" and _last_name(node) in CLOCKS

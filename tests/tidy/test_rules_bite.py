"""Every tidy rule finds what it forbids, and leaves alone what it does not."""

from __future__ import annotations

from textwrap import dedent
from typing import Final

import pytest

from tests.tidy.source import Module
from tests.tidy.test_rules_hold import RULES

CORE: Final = "master/core/offers.py"
TEST: Final = "tests/master/test_offers.py"
LONG_BODY: Final = "    pass\n" * 60
# Spelled in two parts, so that this file does not break the rule on words itself.
LATER: Final = "TO" + "DO"
HOME: Final = "/ho" + "me/"

BAD: Final = [
    ("module_size", CORE, "x = 1\n" * 501),
    ("function_size", CORE, "def f() -> None:\n" + LONG_BODY),
    ("function_size", CORE, "class A:\n  def f(self) -> None:\n" + LONG_BODY),
    ("parameter_count", CORE, "def f(a, b, *, c, d, e, g): ..."),
    ("named_parameters", CORE, "def f(a, b, c): ..."),
    ("named_parameters", CORE, "class A:\n  def f(self, a, b, c): ..."),
    ("telling_name", "master/core/utils.py", ""),
    ("telling_name", "master/helpers/__init__.py", ""),
    ("module_docstring", CORE, "x = 1\n"),
    ("module_docstring", "master/http/__init__.py", ""),
    ("reasoned_ignore", CORE, "x = 1  # type: ignore\n"),
    ("reasoned_ignore", CORE, "x = 1  # type: ignore[arg-type]\n"),
    ("reasoned_ignore", CORE, "x = 1  # noqa: E501\n"),
    ("nothing_left_for_later", CORE, f"x = 1  # {LATER}: later\n"),
    ("no_machine_path", CORE, f"x = '{HOME}somebody/x'\n"),
    ("test_name_is_a_sentence", TEST, "def test_it_works() -> None: ..."),
    ("pure_imports", CORE, "import time"),
    ("pure_imports", CORE, "def f():\n  from asyncio import sleep"),
    ("pure_imports", CORE, "import os.path"),
    ("pure_imports", "allocators/hierarchical/cycle.py", "import random"),
    ("pure_imports", "mesos_py/frameworks/scheduler/core.py", "import logging"),
    ("core_knows_no_shell", CORE, "from libprocess_py.process import Process"),
    ("core_knows_no_shell", CORE, "from master.http import routes"),
    ("core_knows_no_shell", CORE, "from ..http import routes"),
    ("stable_order", CORE, "for x in {'a', 'b'}: ..."),
    ("stable_order", CORE, "y = [x for x in set(z)]"),
    ("stable_order", CORE, "y = tuple(frozenset(z))"),
    ("stable_order", CORE, "y = id(z)"),
    ("stable_order", CORE, "y = hash('a')"),
    ("imports_point_down", "libprocess_py/node.py", "import master.core"),
    ("imports_point_down", "slave/slave.py", "from allocators import allocator"),
    ("imports_point_down", "master/master.py", "from slave.core import state"),
    ("imports_point_down", "allocators/allocator.py", "import mesos_py"),
    ("imports_point_down", "bench/actors.py", "from mesos_py.cli import main"),
    ("imports_point_down", "mesos_py/simulation/cluster.py", "from tests.support import builders"),
    ("nothing_skipped", TEST, "@pytest.mark.skip(reason='x')\ndef test(): ..."),
    ("nothing_skipped", TEST, "@pytest.mark.xfail\ndef test(): ..."),
    ("nothing_skipped", TEST, "x = pytest.importorskip('x')"),
    ("no_sleep", TEST, "time.sleep(0.1)"),
    ("no_sleep", TEST, "async def f():\n  await sleep(n)"),
    ("no_timed_assertion", TEST, "assert time.monotonic() - started < 1"),
    ("no_replacement", TEST, "from unittest.mock import Mock"),
    ("no_replacement", TEST, "from unittest import mock"),
    ("no_replacement", TEST, "monkeypatch.setattr(a, 'b', 1)"),
]

GOOD: Final = [
    ("module_size", CORE, "x = 1\n" * 500),
    ("function_size", CORE, "def f() -> None:\n" + LONG_BODY[:-9]),
    ("parameter_count", CORE, "class A:\n  def f(self, a, b, *, c, d, e): ..."),
    ("named_parameters", CORE, "class A:\n  def __exit__(self, a, b, c): ..."),
    ("named_parameters", TEST, "def test_it(a, b, c): ..."),
    ("telling_name", "master/core/offers.py", ""),
    ("module_docstring", "tests/master/__init__.py", ""),
    ("reasoned_ignore", CORE, "x = 1  # type: ignore[arg-type]  # The stub is wrong.\n"),
    ("reasoned_ignore", CORE, "x = 1  # noqa: E501  # A table.\n"),
    ("nothing_left_for_later", CORE, f"x = '{LATER}'\n"),
    ("no_machine_path", CORE, "x = 'https://example.org/home/page'\n"),
    ("test_name_is_a_sentence", TEST, "def test_nothing_is_neutral() -> None: ..."),
    ("pure_imports", CORE, "if TYPE_CHECKING:\n  import random"),
    ("pure_imports", "master/master.py", "import time"),
    ("pure_imports", "allocators/allocator_process.py", "import logging"),
    ("core_knows_no_shell", CORE, "from master.core.state import MasterState\nfrom libprocess_py.pid import PID"),
    ("core_knows_no_shell", CORE, "from .state import MasterState"),
    ("stable_order", CORE, "for x in sorted({'a', 'b'}): ..."),
    ("stable_order", CORE, "def __hash__(self): return hash(self.x)"),
    ("stable_order", "master/master.py", "y = id(z)"),
    ("imports_point_down", "master/master.py", "from allocators import allocator\nimport os"),
    ("imports_point_down", "mesos_py/cli/main.py", "import bench"),
    ("nothing_skipped", "master/master.py", "reader.skip(3)"),
    ("no_sleep", TEST, "async def f():\n  await asyncio.sleep(0)"),
    ("no_sleep", TEST, "executor.submit(time.sleep, 5)"),
    ("no_timed_assertion", TEST, "assert clock.now() == 1"),
    ("no_replacement", TEST, "monkeypatch.setenv('A', 'b')"),
]


@pytest.mark.parametrize(("name", "path", "text"), BAD)
def test_a_rule_finds_what_it_forbids(name: str, path: str, text: str) -> None:
    assert list(RULES[name](Module(path, dedent(text))))


@pytest.mark.parametrize(("name", "path", "text"), GOOD)
def test_a_rule_leaves_alone_what_it_allows(name: str, path: str, text: str) -> None:
    assert list(RULES[name](Module(path, dedent(text)))) == []


def test_every_rule_is_shown_to_bite_and_to_let_pass() -> None:
    assert {name for name, _, _ in BAD} == set(RULES)
    assert {name for name, _, _ in GOOD} == set(RULES)

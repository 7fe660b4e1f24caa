"""Parent-death signals and subreapers, tried in child processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from libprocess_py import process_control

BLOCK = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from libprocess_py.process_control import (
    is_available, set_child_subreaper, set_no_new_privs, set_parent_death_signal
)
print(is_available(), set_parent_death_signal(15), set_child_subreaper(), set_no_new_privs())
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")][0])
"""


@pytest.mark.parametrize(
    ("missing", "answers"),
    [
        ("prctl", "True True True True 1"),
        ("pyprctl", "True True True True 1"),
        ("prctl,pyprctl", "False False False False 0"),
    ],
)
def test_each_library_does_and_without_both_nothing_is_promised(missing: str, answers: str) -> None:
    told = subprocess.run([sys.executable, "-c", BLOCK, missing], check=True, capture_output=True, text=True).stdout

    assert " ".join(told.split()) == answers


def test_this_system_has_it_if_it_is_linux() -> None:
    assert process_control.is_available() == (sys.platform == "linux")

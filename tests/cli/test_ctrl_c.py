"""Ctrl-C while the command is still being imported, by a real process that interrupts itself at a certain import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mesos_py.cli.ctrl_c import INTERRUPTED

# The finder finds nothing: it is asked for each module, the first one that `main` imports being number 1.
PROGRAM = """
import os, signal, sys
from mesos_py.cli.main import main

class Interrupting:
    left = int(sys.argv.pop(1))

    def find_spec(self, *_):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
if sys.argv[1] == "ignore":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    del sys.argv[1]
main()
"""


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


# Some 45 modules are click's and ours, a hundred and more the command's.
@pytest.mark.parametrize("module", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
def test_ctrl_c_at_any_import_ends_the_program_without_a_word(module: int) -> None:
    assert run(str(module), "node", "--help") == (INTERRUPTED, "", "")


def test_who_is_to_ignore_ctrl_c_goes_on() -> None:
    status, words, _ = run("1", "ignore", "--help")

    assert status == 0
    assert "Commands:" in words


def test_a_command_that_runs_has_ctrl_c_raised_as_usual() -> None:
    program = (
        "import signal, sys\n"
        "from mesos_py.cli import ctrl_c\n"
        "from mesos_py.cli.groups import COMMANDS, load\n"
        "ctrl_c.leaves_at_once()\n"
        "load('allocator', COMMANDS['allocator'].module)\n"
        "assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler\n"
        "load('test', COMMANDS['test'].module)\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

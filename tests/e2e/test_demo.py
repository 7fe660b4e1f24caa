"""`mesos-py demo` as a user runs it: the result, and nothing left behind, whatever ends it and whenever."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support import leftovers
from tests.support.real_cluster import ROOT
from tests.support.waiting import PATIENCE_S, until

DEMO: Final = (sys.executable, "-m", "mesos_py.cli", "demo")
COURSE_S: Final = 12.0  # A whole demo; the long run interrupts it all along.
# The start makes most of what could be left behind, so it is interrupted at every twentieth of a second.
START_S: Final = 1.6
STARTING: Final = tuple(round(number * 0.05, 2) for number in range(int(START_S / 0.05)))
MOMENTS: Final = STARTING + tuple(START_S + number * 0.5 for number in range(int((COURSE_S - START_S) / 0.5)))
# In the default run the demo is interrupted when its output or its processes say how far it is.
STAGES: Final = ("one daemon", "all daemons", "shell tasks", "census")
TOLD: Final = {"shell tasks": "agents are up", "census": "batches"}
READ_MAX: Final = 4096


class Demo:
    """A running demo in a session of its own, which signals can be sent to as a terminal does."""

    def __init__(self, output: Path, temporary_folder: Path) -> None:
        self.before = leftovers.living()
        self.temporary_folder = temporary_folder
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                DEMO,
                cwd=ROOT,
                stdout=file,
                stderr=file,
                start_new_session=True,
                env={**os.environ, "PYTHONIOENCODING": "ascii"},  # What cannot be shown must not stop it.
            )

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def processes(self) -> set[int]:
        return leftovers.living() - self.before

    def processes_of(self, words: str) -> set[int]:
        """Those whose command line has these words."""
        return {pid for pid in self.processes() if words in " ".join(leftovers.described({pid}))}

    def has_reached(self, stage: str) -> bool:
        if self.process.poll() is not None:
            return True
        if stage in TOLD:
            return TOLD[stage] in self.text
        return len(self.processes()) >= (2 if stage == "one daemon" else 5)

    def send(self, what: signal.Signals) -> None:
        """To the foreground process group, as Ctrl-C is."""
        os.killpg(self.process.pid, what)

    def wait(self) -> int:
        return self.process.wait(PATIENCE_S)

    def left(self) -> list[str]:
        """Processes and folders that are still there, in words."""
        return leftovers.described(self.processes()) + [str(path) for path in self.temporary_folder.iterdir()]

    def remove_folder(self) -> None:
        """A demo that is killed cannot remove its folder: that is left to whoever killed it."""
        for path in self.temporary_folder.iterdir():
            shutil.rmtree(path)


@pytest.fixture
def demo(tmp_path: Path, temporary_folder: Path) -> Iterator[Demo]:
    running = Demo(tmp_path / "output", temporary_folder)
    yield running
    running.process.kill()
    running.process.wait(PATIENCE_S)


def test_with_an_agent_killed_at_work_the_result_is_right_and_nothing_is_left(demo: Demo) -> None:
    until(lambda: demo.has_reached("census"))

    leftovers.kill(demo.processes_of("--hostname agent2"))

    assert demo.wait() == 0, demo.text
    assert re.search(r"2 agents .* [1-9]\d* lost and rerun$", demo.text, re.MULTILINE), demo.text
    assert_result_is_right(demo.text)
    assert demo.text.splitlines()[-1].startswith("Everything is stopped and removed.")
    assert demo.left() == []


@pytest.mark.parametrize(("stage", "what"), [*((stage, signal.SIGINT) for stage in STAGES), ("census", signal.SIGTERM)])
def test_a_demo_that_is_told_to_stop_leaves_nothing(demo: Demo, stage: str, what: signal.Signals) -> None:
    until(lambda: demo.has_reached(stage))

    demo.send(what)

    assert demo.wait() == 130, demo.text
    assert "Traceback" not in demo.text
    assert demo.left() == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_demo_that_is_killed_leaves_no_process(demo: Demo, stage: str) -> None:
    until(lambda: demo.has_reached(stage))

    demo.process.kill()
    demo.wait()

    until(lambda: not demo.processes())
    demo.remove_folder()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_may_end_at_any_moment(tmp_path: Path, temporary_folder: Path, what: signal.Signals) -> None:
    for moment in MOMENTS:
        demo = Demo(tmp_path / "output", temporary_folder)
        try:
            demo.process.wait(moment)
        except subprocess.TimeoutExpired:
            demo.send(what)
        status = demo.wait()
        until(lambda: not demo.processes())  # noqa: B023  # It is called before the loop goes on.
        if what is signal.SIGKILL:
            demo.remove_folder()
        else:
            # Before Python has come to the first line of the program, the signal itself ends it.
            assert status in {0, 130, -what}, (moment, demo.text)
            assert demo.left() == [], moment


def test_on_a_terminal_the_view_moves_and_what_is_kept_can_be_used_and_ended(temporary_folder: Path) -> None:
    before = leftovers.living()
    terminal, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40"}
    command = (*DEMO, "--agents", "2", "--keep")
    process = subprocess.Popen(command, cwd=ROOT, stdout=end, stderr=end, env=environment)
    os.close(end)
    shown = read_all(terminal)

    assert process.wait(PATIENCE_S) == 0, shown
    assert_result_is_right(shown)
    frames = [int(done) for done in re.findall(r"(\d+)/\d+ batches", shown)]
    assert len(set(frames)) > 2, "the progress is shown while it is made"
    assert frames == sorted(frames)
    assert {"agent1", "agent2"} <= set(re.findall(r"agent\d", shown))

    (pids,) = re.findall(r"kill ([\d ]+);", shown)
    assert leftovers.alive({int(pid) for pid in pids.split()}) == leftovers.living() - before

    (execute,) = re.findall(r"  (\S*mesos-py execute --master \S+ --command 'echo hello')", shown)
    done = subprocess.run(["/bin/sh", "-c", execute], check=False, cwd=ROOT)
    assert done.returncode == 0

    subprocess.run(["/bin/sh", "-c", f"kill {pids}"], check=True)
    until(lambda: not leftovers.living() - before)
    (folder,) = re.findall(r"rm -r (\S+)", shown)
    assert [str(path) for path in temporary_folder.iterdir()] == [folder]
    shutil.rmtree(folder)


def assert_result_is_right(text: str) -> None:
    """As far as the demo itself tells, and as one may expect of any Python."""
    assert "every 12th counted here again: equal" in text
    assert re.search(r"^\W?all\W+1,\d{3}\b", text, re.MULTILINE), "some 1,800 files were counted"
    assert "shell1-2 printed: shell1-2 runs in process" in text


def read_all(terminal: int) -> str:
    """What is written to a terminal until all who might write have closed it."""
    shown = bytearray()
    try:
        while chunk := os.read(terminal, READ_MAX):
            shown += chunk
    except OSError:
        pass  # The last process that held the other end is gone.
    finally:
        os.close(terminal)
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", shown.decode())

"""Measuring real process trees, at times that the test says."""

from __future__ import annotations

import os
import signal
import subprocess

from mesos_py.protocol.resources import Resources
from slave.containerizer.usage import LOOK_NS, Meter
from tests.slave.containerizer.supervised import kill

LIMITS = Resources.of(cpus=0.5, mem=64)


def a_process() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "1000"])


def test_answers_within_one_look_agree_and_later_ones_are_new() -> None:
    meter = Meter()
    two_children = "sleep 1000 & echo; read go; sleep 1000 & echo; wait"
    with subprocess.Popen(
        ["sh", "-c", two_children], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdout.readline()
        before = meter.measure(shell.pid, LIMITS, now=1)
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        shell.stdout.readline()
        within = meter.measure(shell.pid, LIMITS, now=1 + LOOK_NS)
        later = meter.measure(shell.pid, LIMITS, now=2 + LOOK_NS)
        os.killpg(shell.pid, signal.SIGKILL)

    assert before is not None
    assert later is not None
    assert within == before
    assert (before.processes, later.processes) == (1, 2)
    assert (before.timestamp_ns, later.timestamp_ns) == (1, 2 + LOOK_NS)


def test_what_started_after_the_last_look_is_seen_all_the_same() -> None:
    meter = Meter()
    meter.measure(os.getpid(), LIMITS, now=1)

    with a_process() as sleeper:
        found = meter.measure(sleeper.pid, LIMITS, now=2)
        kill(sleeper.pid)

    assert found is not None
    assert (found.processes, found.cpus_limit, found.timestamp_ns) == (0, 0.5, 2)


def test_what_is_gone_uses_nothing() -> None:
    with a_process() as sleeper:
        kill(sleeper.pid)

    assert Meter().measure(sleeper.pid, LIMITS, now=1) is None

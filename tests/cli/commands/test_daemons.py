"""The daemons and libprocess' own variables: what flags leave open is taken from the environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MASTER = ("master", "--port", "0")
AGENT = ("agent", "--master", "127.0.0.1:1", "--port", "0", "--ip", "127.0.0.1")
TIMEOUT_S = 60  # Starting takes a second; only what hangs takes so long.


def _start(*words: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mesos_py.cli", *words],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _advertised(*words: str, **variables: str) -> str:
    """What a daemon says that it is reached at."""
    with _start(*words, **variables) as daemon:
        assert daemon.stdout is not None
        listening = daemon.stdout.readline()
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=TIMEOUT_S)
    return listening.removeprefix("listening ").strip()


def test_daemons_advertise_what_the_environment_says(tmp_path: Path) -> None:
    variables = {"LIBPROCESS_ADVERTISE_IP": "10.9.8.7", "LIBPROCESS_ADVERTISE_PORT": "80"}

    assert _advertised(*MASTER, **variables) == "master@10.9.8.7:80"
    assert _advertised(*AGENT, "--work-dir", str(tmp_path), **variables) == "slave(1)@10.9.8.7:80"


def test_flags_of_daemons_win_over_the_environment(tmp_path: Path) -> None:
    variables = {"LIBPROCESS_ADVERTISE_IP": "10.9.8.7", "LIBPROCESS_ADVERTISE_PORT": "80"}
    flag = ("--advertise-ip", "10.1.1.1")

    assert _advertised(*MASTER, *flag, **variables) == "master@10.1.1.1:80"
    assert _advertised(*AGENT, *flag, "--work-dir", str(tmp_path), **variables) == "slave(1)@10.1.1.1:80"


@pytest.mark.parametrize("words", [MASTER, AGENT])
def test_a_variable_that_cannot_be_read_is_a_mistake_of_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    more = ("--work-dir", str(tmp_path)) if words is AGENT else ()
    with _start(*words, *more, LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH="perhaps") as daemon:
        _, said = daemon.communicate(timeout=TIMEOUT_S)

    assert daemon.returncode == 2
    assert "LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH: expected true or false" in said
    assert "Traceback" not in said

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


@pytest.mark.parametrize(("words", "id"), [(MASTER, "master"), (AGENT, "slave(1)")])
@pytest.mark.parametrize(
    ("flags", "variables", "where"),
    [
        ((), {"LIBPROCESS_ADVERTISE_IP": "10.9.8.7", "LIBPROCESS_ADVERTISE_PORT": "80"}, "10.9.8.7:80"),
        (("--advertise-ip", "10.1.1.1"), {"LIBPROCESS_ADVERTISE_IP": "10.9.8.7"}, "10.1.1.1:"),
    ],
)
def test_a_daemon_advertises_what_its_flags_or_else_the_environment_say(
    words: tuple[str, ...], id: str, flags: tuple[str, ...], variables: dict[str, str], where: str, tmp_path: Path
) -> None:
    more = ("--work-dir", str(tmp_path)) if words is AGENT else ()
    with _start(*words, *more, *flags, **variables) as daemon:
        assert daemon.stdout is not None
        listening = daemon.stdout.readline()
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=TIMEOUT_S)

    assert listening.startswith(f"listening {id}@{where}")


@pytest.mark.parametrize("words", [MASTER, AGENT])
def test_a_variable_that_cannot_be_read_is_a_mistake_of_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    more = ("--work-dir", str(tmp_path)) if words is AGENT else ()
    with _start(*words, *more, LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH="perhaps") as daemon:
        _, said = daemon.communicate(timeout=TIMEOUT_S)

    assert daemon.returncode == 2
    assert "LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH: expected true or false" in said
    assert "Traceback" not in said

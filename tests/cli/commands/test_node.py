"""`mesos-py node`: the program of `libprocess_py.deploy` with the options of a command."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from mesos_py.cli.commands.node import command

TIMEOUT_S: Final = 60  # Starting takes a second; only what hangs takes so long.


def test_a_node_says_where_it_listens_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-of-at-least-16-characters")
    words = ["node", "--listen", "127.0.0.1:0", "--secret-file", str(secret), "--allow-spawn"]
    with subprocess.Popen(
        [sys.executable, "-m", "mesos_py.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as node:
        assert node.stdout is not None
        listening = node.stdout.readline()
        node.send_signal(signal.SIGTERM)
        node.communicate(timeout=TIMEOUT_S)

    assert listening.startswith("listening 127.0.0.1:")
    assert node.returncode == 128 + signal.SIGTERM


def test_what_does_not_fit_together_is_a_mistake_of_usage() -> None:
    ran = CliRunner().invoke(command, ["--allow-spawn"])

    assert ran.exit_code == 2
    assert "--allow-spawn: expected only with --secret-file, which others have to prove" in ran.output

"""The snippets of README.md run as they are written, but for addresses, folders and how the command is called."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.real_cluster import ROOT, RealCluster, command_line, get
from tests.support.waiting import PATIENCE_S, until

README: Final = (ROOT / "README.md").read_text()
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MASTER: Final = "127.0.0.1:5050"
PONG: Final = "127.0.0.1:9000"
IMPORTS: Final = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"  # As if it were installed.


def block(language: str, containing: str) -> str:
    """The one block of a language with this text."""
    (found,) = [text for kind, text in BLOCK.findall(README) if kind == language and containing in text]
    return str(found)


def free_port() -> int:
    """A port that nobody listens on now; taken at once, or the test fails and says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_functions_run_on_a_cluster(cluster: RealCluster, tmp_path: Path) -> None:
    snippet = block("python", "ClusterExecutor(").replace(MASTER, cluster.address)

    with running([sys.executable, "-c", IMPORTS + snippet], tmp_path) as process:
        out, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, err) == (0, "")
    assert len(out.strip()) > 150, "the sum of a hundred factorials is a long number"


def test_a_framework_is_shown_offers_and_ends_with_ctrl_c(cluster: RealCluster, tmp_path: Path) -> None:
    snippet = block("python", "class Greedy").replace(MASTER, cluster.address)

    with running([sys.executable, "-c", IMPORTS + snippet], tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(("agent1 cpus:2", "agent2 cpus:2"))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)

    cluster.until_clean()


def test_an_hour_of_a_simulated_cluster_is_the_same_each_time(tmp_path: Path) -> None:
    snippet = block("python", "Cluster(seed=7")

    said = []
    for _ in range(2):
        with running([sys.executable, "-c", IMPORTS + snippet], tmp_path) as process:
            said.append(process.communicate(timeout=PATIENCE_S))

    assert said[0] == said[1]
    assert said[0][0].count("TASK_FINISHED") == 4
    assert said[0][1] == ""


def test_one_host_asks_another_and_is_told_when_it_is_gone(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    for name in ("pong", "ping"):
        text = block("python", f"# {name}.py").replace(PONG, address).replace("9000", address.rpartition(":")[2])
        (tmp_path / f"{name}.py").write_text(IMPORTS + text)

    with running([sys.executable, "pong.py"], tmp_path) as pong:
        assert pong.stdout is not None
        assert pong.stdout.readline() == f"pong@{address}\n"
        with running([sys.executable, "ping.py"], tmp_path) as ping:
            out, err = ping.communicate(timeout=PATIENCE_S)

    assert (ping.returncode, out, err) == (0, "2\n", "")


def test_the_commands_that_run_a_cluster_run_one(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    text = block("sh", "./mesos-py master").replace(MASTER, address).replace("/tmp/mesos-agent", str(tmp_path / "work"))
    text = text.replace("--port 5050", f"--port {address.rpartition(':')[2]}")
    master, agent, execute, curl = text.splitlines()
    agent += " --port 0"  # Its port, too, may be taken on the machine that runs the tests.

    with daemon(master, tmp_path), daemon(agent, tmp_path):
        until(lambda: get(address, "/state")["slaves"])
        with running(shell(execute), tmp_path) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        page = subprocess.run(["/bin/sh", "-c", curl], capture_output=True, text=True, check=True)
        (cat,) = re.findall(r"`(cat \S+)`", README)
        cat = cat.replace("/tmp/mesos-agent", str(tmp_path / "work"))
        printed = subprocess.run(["/bin/sh", "-c", cat], capture_output=True, text=True, check=True).stdout

    assert (process.returncode, err) == (0, "")
    assert out.count("TASK_FINISHED") == 3
    assert len(printed.split()) > 3, "three times a name and a date"
    assert '"activated_slaves":1' in page.stdout.replace(" ", "")


def shell(line: str) -> list[str]:
    """A line of the page, with this checkout's command in the place of the script that sets up and calls it."""
    assert line.startswith("./mesos-py ")
    return ["/bin/sh", "-c", f'exec "$@" {line.removeprefix("./mesos-py ")}', "sh", *command_line()]


@contextlib.contextmanager
def daemon(line: str, folder: Path) -> Iterator[None]:
    with running(shell(line), folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening ")
        yield
        process.terminate()
        process.communicate(timeout=PATIENCE_S)

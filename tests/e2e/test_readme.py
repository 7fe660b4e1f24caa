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
NODE: Final = "127.0.0.1:9000"
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


def test_an_actor_is_spawned_on_another_host_answers_and_is_seen(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    secret, node = block("sh", "--allow-spawn").replace(NODE, address).splitlines()
    (tmp_path / "ping.py").write_text(IMPORTS + block("python", "# ping.py").replace(NODE, address))
    top = block("sh", "actors top").replace(NODE, address).strip() + " --once"
    subprocess.run(["/bin/sh", "-c", secret], cwd=tmp_path, check=True)

    with daemon(node, tmp_path):
        with running([sys.executable, "ping.py"], tmp_path) as ping:
            out, err = ping.communicate(timeout=PATIENCE_S)
        with running(shell(top), tmp_path) as process:
            seen, _ = process.communicate(timeout=PATIENCE_S)

    assert (ping.returncode, out, err) == (0, f"2 from pong(1)@{address}\n", "")
    assert "pong(1)" in seen


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

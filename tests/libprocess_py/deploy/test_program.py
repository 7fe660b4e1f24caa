"""The program: what it says, how it ends, and two hosts of a file that run in processes of their own."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from libprocess_py.auth.core.secret import Secret
from libprocess_py.deploy import SpawnFailed
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.deploy.actors import Counter, Watcher
from tests.support.event_loop import on_loop, until


class Scale(Process):
    """Names the methods of an actor whose class is not known here."""

    async def sum(self, text: str) -> int:
        raise NotImplementedError


class Importer(Process):
    """Says what can be imported where it runs."""

    def packages(self) -> list[str]:
        return [name for name in ("tests", "libprocess_py") if importlib.util.find_spec(name)]


SECRET: Final = "s3cret-of-at-least-16-characters"
TIMEOUT_S: Final = 30
MODULE: Final = """
from libprocess_py import PID, Process
from libprocess_py.examples.word_count import WordCounter


class Scale(Process):
    def __init__(self, counter: PID, number: int) -> None:
        super().__init__()
        self.counter, self.number, self.lost = counter, number, []

    async def sum(self, text: str) -> int:
        await self.node.connect(self.counter.address)
        counts = await self.dispatch(self.counter, WordCounter.count, text)
        return sum(counts.values()) * self.number

    def exited(self, pid: PID) -> None:
        self.lost.append(pid.id)
"""


TALLIES: Final = """
from libprocess_py import Process


class Tally(Process):
    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total

    def add(self, number: int) -> int:
        self.total += number
        return self.total
"""


async def found(node: LoopNode, address: str, *, id: str) -> PID:
    """That actor there, once it runs."""
    remote = await node.connect(address)
    while not await remote.find(id):
        pass
    return remote.pid(id)


@contextmanager
def a_program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A node in a process of its own, and the address that it printed; killed in the end if it still runs.

    It begins in a folder where there are no tests, so it cannot import them.
    """
    command = [sys.executable, "-m", "libprocess_py.deploy", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/") as process:
        try:
            assert process.stdout is not None
            word, _, address = process.stdout.readline().partition(" ")
            assert word == "listening", process.stderr and process.stderr.read()
            yield process, address.strip()
        finally:
            process.kill()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    file.chmod(0o600)
    return file


def settings() -> NodeSettings:
    return NodeSettings(secrets=(Secret(SECRET.encode()),))


def failed(*arguments: str) -> tuple[int, str]:
    """The status of a program that does not start, and the last line that it says."""
    ran = subprocess.run(
        [sys.executable, "-m", "libprocess_py.deploy", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    return ran.returncode, ran.stderr.splitlines()[-1]


def free_ports(number: int) -> list[int]:
    """Ports that nobody has at present."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_node_says_where_it_listens_and_ends_cleanly_when_it_is_told_to(secret_file: Path, number: int) -> None:
    with a_program("--allow-spawn", "--secret-file", str(secret_file)) as (process, address):
        process.send_signal(number)
        output, errors = process.communicate(timeout=TIMEOUT_S)

    assert address.startswith("127.0.0.1:")
    assert process.returncode == 128 + number
    assert (output, len(errors.splitlines())) == ("", 1)
    assert "node started" in errors


def test_what_does_not_fit_together_is_told_by_flag() -> None:
    assert (
        "--allow-spawn: expected only with --secret-file, which others have to prove, or" in failed("--allow-spawn")[1]
    )
    assert failed("--host", "left")[1].endswith("--host: expected only with --topology")


def test_what_is_wrong_with_a_file_is_told_with_its_key(tmp_path: Path, secret_file: Path) -> None:
    topology = tmp_path / "actors.toml"
    topology.write_text('[hosts]\nleft = "127.0.0.1:0"\n[actors.a]\nhost = "left"\nclass = "nowhere:A"\n')

    status, why = failed("--topology", str(topology), "--host", "left")

    assert status == 2
    assert why.endswith("--topology: actors.a.class: cannot import nowhere: No module named 'nowhere'")
    assert failed("--topology", str(topology), "--host", "top")[1].endswith("--host: expected one of left, got 'top'")


def test_a_secret_that_is_too_short_is_refused_without_a_word_of_it(secret_file: Path) -> None:
    secret_file.write_text("short")

    status, why = failed("--secret-file", str(secret_file))

    assert status == 2
    assert "--secret-file: secret file" in why
    assert "short" not in why.replace("shorter", "")


def test_a_certificate_that_is_not_there_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENABLED": "true", "CERT_FILE": "/none.pem", "KEY_FILE": "/none.key"}.items():
        monkeypatch.setenv(f"LIBPROCESS_SSL_{name}", value)

    why = "certificate '/none.pem' with key '/none.key': [Errno 2] No such file or directory"
    assert failed() == (1, why)


def test_an_address_that_is_taken_is_told_in_one_line() -> None:
    with a_program() as (_, address):
        assert failed("--listen", address) == (1, f"cannot listen on {address}: the address is in use")


def test_a_secret_that_others_can_read_is_warned_of(secret_file: Path) -> None:
    secret_file.chmod(0o640)

    with a_program("--secret-file", str(secret_file)) as (process, _):
        process.terminate()
        _, errors = process.communicate(timeout=TIMEOUT_S)

    assert f"secret file open to others file={secret_file} advice='chmod 600'" in errors


@on_loop
async def test_a_program_that_does_not_allow_it_says_so(secret_file: Path) -> None:
    with a_program("--secret-file", str(secret_file)) as (_, address):
        async with await start_node(settings()) as node:
            remote = await node.connect(address)

            with pytest.raises(SpawnFailed, match=f"{address} refuses it: it does not allow that"):
                await remote.spawn(Counter)


@on_loop
async def test_an_actor_of_the_tests_runs_in_a_program_that_knows_nothing_of_them_and_dies_with_it(
    secret_file: Path,
) -> None:
    with a_program("--secret-file", str(secret_file), "--allow-spawn") as (process, address):
        async with await start_node(settings()) as node:
            remote = await node.connect(address)
            pid = await remote.spawn(Counter, 40)
            assert "tests" not in await node.dispatch(await remote.spawn(Importer), Importer.packages)
            assert await node.dispatch(pid, Counter.add, 2) == 42
            under_way = node.dispatch(pid, Counter.never)

            process.kill()
            settled = asyncio.Event()
            under_way.on_settled(lambda _: settled.set())
            await settled.wait()

            assert under_way.abandoned


@on_loop
async def test_two_hosts_of_a_file_run_and_link_each_others_actors(tmp_path: Path, secret_file: Path) -> None:
    (tmp_path / "scales.py").write_text(MODULE)
    left, right = (f"127.0.0.1:{port}" for port in free_ports(2))
    topology = tmp_path / "actors.toml"
    topology.write_text(f"""
        [hosts]
        left = "{left}"
        right = "{right}"
        [actors.counter]
        host = "left"
        class = "libprocess_py.examples.word_count:WordCounter"
        [actors.scale]
        host = "right"
        class = "scales:Scale"
        args = [{{pid = "counter"}}]
        kwargs = {{number = 3}}
        links = ["counter"]
    """)
    common = ("--topology", str(topology), "--secret-file", str(secret_file), "--allow-spawn", "--host")
    with a_program(*common, "right") as (_, second), a_program(*common, "left") as (_, first):
        async with await start_node(settings()) as node:
            assert (first, second) == (left, right)
            await node.connect(second)

            await found(node, first, id="counter")

            assert await node.dispatch(PID("scale", Address.parse(second)), Scale.sum, "to be or not") == 12


@on_loop
async def test_a_controller_starts_actors_again_on_a_host_that_was_killed_and_came_back(
    tmp_path: Path, secret_file: Path
) -> None:
    [port] = free_ports(1)
    (tmp_path / "tallies.py").write_text(TALLIES)
    topology = tmp_path / "actors.toml"
    topology.write_text(f"""
        [hosts]
        only = "127.0.0.1:{port}"
        [actors.tally]
        host = "only"
        class = "tallies:Tally"
        args = [40]
        [actors.names]
        host = "only"
        class = "libprocess_py.deploy:Registry"
    """)
    secret = ("--secret-file", str(secret_file))
    host = ("--allow-spawn", "--listen", f"127.0.0.1:{port}", *secret)
    with a_program("--topology", str(topology), "--controller", *secret):
        async with await start_node(settings()) as node:
            for _ in range(2):
                with a_program(*host) as (process, address):
                    tally = await found(node, address, id="tally")
                    assert await node.dispatch(tally, Counter.add, 2) == 42
                    await found(node, address, id="names")
                    process.kill()
                    node.spawn(watcher := Watcher())
                    await node.dispatch(watcher.pid, Watcher.watch, tally)
                    await until(lambda heard=watcher.why: heard)  # type: ignore[misc]  # Of this round's watcher.

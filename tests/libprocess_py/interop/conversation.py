"""A conversation with compactor, the libprocess in Python 2.7 on PyPI: live, recorded, and replayed from the record.

`python -m tests.libprocess_py.interop.conversation` records it anew, where a Python 2.7 can be found. The record holds
the bytes of all four streams, and the answer to a handshake that compactor knows nothing of, with addresses replaced by
names, so that it means the same on every machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from libprocess_py.auth.core.handshake import PATH
from libprocess_py.message import Message
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.program import new_event_loop
from libprocess_py.runtime.settings import NodeSettings
from tests.support.wire_actors import Ping, Pong, RawClient, served_by

VERSION: Final = "compactor==0.3.0"
PEER: Final = Path(__file__).with_name("compactor_peer.py2")
RECORD: Final = Path(__file__).with_name("compactor.json")
NUMBERS: Final = (1, 2, 3)
STREAMS: Final = ("we_say", "compactor_answers", "compactor_says", "we_answer")


class Done(Message):
    """Has no body on the wire."""


class Source(Process):
    """Sends pings, keeps what comes back."""

    def __init__(self, peer: PID) -> None:
        super().__init__("source")
        self.peer = peer
        self.pongs: list[int] = []
        self.senders: set[str] = set()
        self.dones = 0
        self.changed = asyncio.Event()

    def initialize(self) -> None:
        self.link(self.peer)
        for number in NUMBERS:
            self.send(self.peer, Ping(number=number))

    def pong(self, sender: PID, pong: Pong) -> None:
        self.pongs.append(pong.number)
        self.senders.add(str(sender))
        self.changed.set()

    def done(self, sender: PID, done: Done) -> None:
        self.dones += 1
        self.changed.set()

    def exited(self, pid: PID) -> None:
        self.changed.set()

    async def finished(self) -> None:
        while len(self.pongs) < len(NUMBERS) or self.dones < len(NUMBERS):
            self.changed.clear()
            await self.changed.wait()


class Recorder:
    """Passes connections on to an address, and keeps both directions."""

    def __init__(self) -> None:
        self.address = Address("127.0.0.1", 0)
        self.to = Address("127.0.0.1", 0)
        self.said = b""
        self.answered = b""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self.to)

        async def answers() -> None:
            while data := await there_reader.read(65_536):
                self.answered += data
                writer.write(data)
            writer.close()

        answering = asyncio.create_task(answers())
        while data := await reader.read(65_536):
            self.said += data
            there_writer.write(data)
        there_writer.close()
        await answering


@asynccontextmanager
async def a_recorder() -> AsyncIterator[Recorder]:
    recorder = Recorder()
    async with served_by(recorder.take) as recorder.address:
        yield recorder


def pythons27() -> list[str]:
    """Every Python 2.7 of this machine that can install what it needs."""
    named = [os.environ.get("PYTHON27"), shutil.which("python2.7")]
    named += [str(path) for path in sorted(Path.home().glob(".pyenv/versions/2.7*/bin/python"))]
    return [python for python in dict.fromkeys(named) if python and _has_pip(python)]


def _has_pip(python: str) -> bool:
    return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0


@asynccontextmanager
async def a_compactor(python: str, folder: Path) -> AsyncIterator[PID]:
    """A running peer made of it."""
    if not (folder / "compactor").is_dir():
        install = (python, "-m", "pip", "install", "-q", "--target", str(folder), VERSION)
        subprocess.run(install, check=True, capture_output=True)
    process = await asyncio.create_subprocess_exec(
        *(python, str(PEER), str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # It has much to say about connections that end.
    )
    assert process.stdout is not None
    try:
        yield PID.parse((await process.stdout.readline()).decode().strip())
    finally:
        process.kill()
        await process.communicate()


async def record(python: str, folder: Path) -> dict[str, str]:
    """Have the conversation, and give its four streams."""
    async with a_compactor(python, folder) as peer, a_recorder() as there, a_recorder() as back:
        there.to = peer.address
        async with await start_node(NodeSettings(advertise_port=back.address.port)) as node:
            back.to = node.driver.bound
            node.spawn(source := Source(PID(peer.id, there.address)))
            await source.finished()
        streams = dict(zip(STREAMS, (there.said, there.answered, back.said, back.answered), strict=True))
        async with await RawClient.connect(peer.address) as client:
            client.say(f"GET {PATH} HTTP/1.1\r\n\r\n".encode())
            head = await client.reader.readuntil(b"\r\n\r\n")
            streams["compactor_refuses"] = head + await client.reader.readuntil(b"</html>")
    names = {back.address: "OURS", peer.address: "COMPACTOR"}
    return {name: named(stream, names) for name, stream in streams.items()}


def named(stream: bytes, names: dict[Address, str]) -> str:
    """With names in the place of addresses."""
    text = stream.decode("latin-1")
    for address, name in names.items():
        text = text.replace(str(address), name)
    return text


def addressed(text: str, **addresses: Address) -> bytes:
    """The other way."""
    for name, address in addresses.items():
        text = text.replace(name, str(address))
    return text.encode("latin-1")


def main() -> None:
    pythons = pythons27()
    if not pythons:
        raise SystemExit("no Python 2.7 with pip was found: name one as PYTHON27")
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        streams = runner.run(record(pythons[0], Path(sys.argv[1])))
    RECORD.write_text(json.dumps({"peer": VERSION, **streams}, indent=1) + "\n")


if __name__ == "__main__":
    main()

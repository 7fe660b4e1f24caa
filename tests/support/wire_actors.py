"""Actors, clients and servers for tests of the wire."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.message import Message
from libprocess_py.node import Node
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process


class Ping(Message):
    number: int
    padding: str = ""


class Pong(Message):
    number: int


class Echo(Process):
    """Answers every ping; serves the path it is asked for at /path."""

    def __init__(self) -> None:
        super().__init__("echo")

    def initialize(self) -> None:
        self.route("/path", self.path, help="The path asked for.")

    def ping(self, sender: PID, ping: Ping) -> None:
        self.send(sender, Pong(number=ping.number))

    def path(self, request: Request) -> Response:
        return Response.text(200, request.path + request.body.decode())


class Listener(Process):
    """Keeps what it is told; tests wait for as much as they expect."""

    def __init__(self, id: str = "listener") -> None:
        super().__init__(id)
        self.numbers: list[int] = []
        self.senders: list[PID] = []
        self.gone: list[PID] = []
        self.changed = asyncio.Event()

    def ping(self, sender: PID, ping: Ping) -> None:
        self._heard(sender, ping.number)

    def pong(self, sender: PID, pong: Pong) -> None:
        self._heard(sender, pong.number)

    def exited(self, pid: PID) -> None:
        self.gone.append(pid)
        self.changed.set()

    def tell(self, to: PID, numbers: list[int]) -> None:
        for number in numbers:
            self.send(to, Ping(number=number))

    async def heard(self, count: int) -> list[int]:
        """Wait until that many messages came."""
        while len(self.numbers) < count:
            self.changed.clear()
            await self.changed.wait()
        return self.numbers

    async def lost(self, count: int = 1) -> list[PID]:
        """Wait until that many linked actors were reported gone."""
        while len(self.gone) < count:
            self.changed.clear()
            await self.changed.wait()
        return self.gone

    def _heard(self, sender: PID, number: int) -> None:
        self.numbers.append(number)
        self.senders.append(sender)
        self.changed.set()


def tell(node: Node, to: PID, *numbers: int) -> Listener:
    """From a new actor, which is linked to the receiver."""
    node.spawn(source := Listener(f"source-{len(node.kernel.mailboxes)}"))
    node.dispatch(source.pid, Process.link, to)
    node.dispatch(source.pid, Listener.tell, to, list(numbers))
    return source


@dataclass
class Answer:
    """A response as it came over a socket."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """A TCP client that says what a test tells it to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, address: Address) -> Self:
        return cls(*await asyncio.open_connection(*address))

    @classmethod
    async def connect_path(cls, path: Path) -> Self:
        return cls(*await asyncio.open_unix_connection(str(path)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        self.writer.close()

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, with_body: bool = True) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.strip().split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        body = await self.reader.readexactly(int(headers.get("Content-Length", "0"))) if with_body else b""
        return Answer(int(line.split()[1]), headers, body)

    async def ask(self, data: bytes) -> Answer:
        self.say(data)
        return await self.answer()

    async def rest(self) -> bytes:
        """Whatever comes until the other side ends the connection."""
        return await self.reader.read()


@asynccontextmanager
async def served_by(
    take: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Address]:
    """A TCP server that leaves every connection to the test: where it listens."""
    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    try:
        yield Address(*server.sockets[0].getsockname())
    finally:
        server.close()


def a_message(to: str, name: str, *, body: bytes = b'{"number":1}', sender: str = "tester@127.0.0.1:9") -> bytes:
    head = f"POST /{to}/{name} HTTP/1.1\r\nLibprocess-From: {sender}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body

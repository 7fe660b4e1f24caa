"""We talk with compactor, another implementation of libprocess: as it was recorded always, and live in the long run."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from libprocess_py.auth.core.secret import Secret
from libprocess_py.core.wire_answers import AnswerReader
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.interop.conversation import NUMBERS, RECORD, Source, a_compactor, addressed, pythons27
from tests.support.event_loop import on_loop
from tests.support.wire_actors import RawClient, served_by

RECORDED: Final[dict[str, str]] = json.loads(RECORD.read_text())
PYTHONS: Final = pythons27()
PLAIN: Final = NodeSettings()
EXCEPTIONAL: Final = replace(PLAIN, secrets=(Secret(b"ours" * 8),), plain_peers=(ipaddress.ip_network("127.0.0.0/8"),))


class Impersonator:
    """Says and answers what compactor did."""

    def __init__(self) -> None:
        self.pid = PID("peer(1)", Address("127.0.0.1", 0))
        self.heard = b""
        self.refused = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Refuse a handshake, then answer three messages and send to whoever sent them."""
        while self.heard.count(b"0\r\n\r\n") < len(NUMBERS):
            data = await reader.read(65_536)
            if data.startswith(b"GET /__authenticate__"):
                self.refused += 1
                writer.write(RECORDED["compactor_refuses"].encode("latin-1"))
            else:
                self.heard += data
        writer.write(RECORDED["compactor_answers"].encode("latin-1"))
        sender = Address.parse(self.heard.split(b"source@", 1)[1].split(b"\r\n", 1)[0].decode())
        async with await RawClient.connect(sender) as client:
            client.say(addressed(RECORDED["compactor_says"], COMPACTOR=self.pid.address))
            await client.reader.readexactly(len(RECORDED["we_answer"]))
            await reader.read()
        writer.close()


@asynccontextmanager
async def an_impersonator() -> AsyncIterator[Impersonator]:
    peer = Impersonator()
    async with served_by(peer.take) as address:
        peer.pid = PID(peer.pid.id, address)
        yield peer


@pytest.mark.parametrize("settings", [PLAIN, EXCEPTIONAL], ids=["plain", "exception"])
@on_loop
async def test_we_say_what_compactor_understood_and_understand_what_it_said(settings: NodeSettings) -> None:
    async with an_impersonator() as peer, await start_node(settings) as node:
        node.spawn(source := Source(peer.pid))
        await source.finished()

        assert peer.heard == addressed(RECORDED["we_say"], OURS=node.address)
        assert peer.refused == bool(settings.secrets)
        assert source.pongs == list(NUMBERS)
        assert source.senders == {str(peer.pid)}


@on_loop
async def test_we_answer_it_as_recorded() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Source(PID("nobody", node.address)))

        client.say(addressed(RECORDED["compactor_says"], COMPACTOR=Address("127.0.0.1", 9)))
        answers = await client.reader.readexactly(len(RECORDED["we_answer"]))

        assert answers.decode() == RECORDED["we_answer"]


def test_its_answers_count_as_acceptance() -> None:
    reader = AnswerReader()

    assert reader.feed(RECORDED["compactor_answers"].encode()) == len(NUMBERS)
    assert reader.accepted == len(NUMBERS)


if PYTHONS:  # Where there is none the record stands for it: see above.

    @pytest.mark.long
    @pytest.mark.parametrize("python", PYTHONS)
    @pytest.mark.parametrize("settings", [PLAIN, EXCEPTIONAL], ids=["plain", "exception"])
    @on_loop
    async def test_the_live_one_behaves_as_recorded(tmp_path: Path, settings: NodeSettings, python: str) -> None:
        async with a_compactor(python, tmp_path) as peer, await start_node(settings) as node:
            node.spawn(source := Source(peer))
            await source.finished()

            assert source.pongs == list(NUMBERS)
            assert source.senders == {str(peer)}

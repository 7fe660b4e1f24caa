"""A decision log in a file: what it says, and that it says no more than it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from libprocess_py import Message, Process
from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.introspection.journal import FULL, Journal, read_journal
from libprocess_py.node import NodeOptions
from libprocess_py.pid import PID
from libprocess_py.runtime import NodeSettings, result, start_node
from libprocess_py.runtime.listening import ListenError
from tests.libprocess_py.still_driver import a_node, run
from tests.support.event_loop import on_loop


class Ping(Message):
    number: int


class Echo(Process):
    def ping(self, sender: PID, ping: Ping) -> None:
        if ping.number:
            self.send(sender, Ping(number=ping.number - 1))

    def start(self, other: PID) -> None:
        self.send(other, Ping(number=2))


def _a_run(log: DecisionLog) -> None:
    node, _ = a_node(NodeOptions(log=log))
    one, other = node.spawn(Echo("one")), node.spawn(Echo("other"))
    node.dispatch(one, Echo.start, other)
    run(node)
    log.record("draw", "0.5 of 1", now=7, who="chance")


def test_each_event_is_a_line_with_its_name_and_each_message_with_its_sender(tmp_path: Path) -> None:
    with Journal(tmp_path / "log") as log:
        _a_run(log)

    entries = list(read_journal(tmp_path / "log"))

    assert [entry.n for entry in entries] == list(range(1, log.length + 1))
    told = [(entry.kind, entry.who.partition("@")[0], entry.name) for entry in entries if entry.name]
    assert told == [("dispatch", "one", "Echo.start"), *[("message", who, "Ping") for who in ("other", "one", "other")]]
    ping = next(entry for entry in entries if entry.name == "Ping")
    assert ping.sender.startswith("one@")
    assert len(ping.digest) == 16
    assert (entries[-1].kind, entries[-1].who, entries[-1].text, entries[-1].now) == ("draw", "chance", "0.5 of 1", 7)


def test_keeping_it_in_a_file_changes_no_digest(tmp_path: Path) -> None:
    plain = DecisionLog()
    _a_run(plain)

    with Journal(tmp_path / "log") as log:
        _a_run(log)

    assert log.digest() == plain.digest()


def test_a_file_that_is_large_enough_says_so_and_grows_no_more(tmp_path: Path) -> None:
    with Journal(tmp_path / "log", bytes_max=300) as log:
        _a_run(log)

    assert log.length > 3
    *_, last = read_journal(tmp_path / "log")
    assert last.kind == FULL
    assert (tmp_path / "log").stat().st_size < 300 + 100


def test_a_torn_last_line_is_passed_over_and_any_other_is_named(tmp_path: Path) -> None:
    with Journal(tmp_path / "log") as log:
        _a_run(log)
    whole = (tmp_path / "log").read_bytes()

    (tmp_path / "log").write_bytes(whole[:-10])
    assert len(list(read_journal(tmp_path / "log"))) == log.length - 1

    (tmp_path / "log").write_bytes(b'{"n": 1}\n' + whole)
    with pytest.raises(ValueError, match="log, line 1: expected an entry of a decision log"):
        list(read_journal(tmp_path / "log"))


@on_loop
async def test_a_real_node_keeps_one_that_is_whole_when_it_has_stopped(tmp_path: Path) -> None:
    settings = NodeSettings.from_environ({"LIBPROCESS_DECISION_LOG": str(tmp_path / "log")})
    async with await start_node(settings) as node:
        one, other = node.spawn(Echo("one")), node.spawn(Echo("other"))
        await result(node.dispatch(one, Echo.start, other))

    entries = list(read_journal(tmp_path / "log"))
    assert sum(entry.name == "Ping" for entry in entries) >= 1
    assert [entry.kind for entry in entries].count("terminate") == 2


@on_loop
async def test_a_node_that_cannot_listen_leaves_no_open_file(tmp_path: Path) -> None:
    async with await start_node() as node:
        settings = NodeSettings(port=node.address.port, decision_log=tmp_path / "log")
        with pytest.raises(ListenError):
            await start_node(settings)


@on_loop
async def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-folder"):
        await start_node(NodeSettings(decision_log=tmp_path / "no-such-folder" / "log"))

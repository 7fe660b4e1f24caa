"""`mesos-py actors` as people type it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner

from libprocess_py import Process
from libprocess_py.runtime import BackgroundNode, NodeSettings
from mesos_py.cli.commands.actors import command
from mesos_py.cli.commands.actors_top import busiest
from tests.libprocess_py.runtime.test_tls import Authority


class Busy(Process):
    """Has always something to do."""

    def __init__(self) -> None:
        super().__init__("busy")

    def initialize(self) -> None:
        self.work()

    def work(self) -> None:
        self.delay(100_000, self.work)


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output


def test_top_shows_who_is_busy_and_in_what() -> None:
    with BackgroundNode() as background:
        background.call(background.node.spawn, Busy()).result()
        address = str(background.node.address)

        as_json = _run("top", address, "--once", "--json", "--interval", "50ms")
        as_table = _run("top", address, "--once", "--interval", "50ms")

    assert as_json[0] == as_table[0] == 0, as_json[1]
    told = json.loads(as_json[1])
    assert told["address"] == address
    assert told["actors"][0]["id"] == "busy"
    assert told["actors"][0]["events_per_s"] > 0
    assert told["actors"][0]["costliest"] == "timer Busy.work"
    assert "busy" in as_table[1]
    assert "timer work" in as_table[1]


def test_top_says_when_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    status, output = _run("top", f"127.0.0.1:{port}")

    assert status == 1
    assert output == f"Error: 127.0.0.1:{port}: no node answers there: Connection refused\n"


def test_top_asks_a_node_with_tls_as_other_nodes_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = Authority(trustme.CA(), tmp_path).settings("127.0.0.1")
    with BackgroundNode(NodeSettings(tls=tls)) as background:
        address = str(background.node.address)

        in_the_open = _run("top", address, "--once", "--interval", "50ms")
        monkeypatch.setenv("LIBPROCESS_SSL_ENABLED", "true")
        without_files = _run("top", address, "--once")
        for name in ("cert_file", "key_file", "ca_file"):
            monkeypatch.setenv(f"LIBPROCESS_SSL_{name.upper()}", str(getattr(tls, name)))
        monkeypatch.setenv("LIBPROCESS_SSL_VERIFY_SERVER_CERT", "true")
        as_nodes_do = _run("top", address, "--once", "--interval", "50ms")

    assert in_the_open[0] == 1
    assert in_the_open[1].count("\n") == 1
    assert "does it speak TLS?" in in_the_open[1]
    assert without_files[0] == 2
    assert "LIBPROCESS_SSL_CERT_FILE: required" in without_files[1]
    assert as_nodes_do[0] == 0, as_nodes_do[1]
    assert "__processes__" in as_nodes_do[1]


@pytest.mark.parametrize("address", ["somewhere", "host:port", "a b:1", "http://127.0.0.1:5050"])
def test_top_asks_for_an_address(address: str) -> None:
    status, output = _run("top", address)

    assert status == 2
    assert "expected HOST:PORT" in output


def _look(now_ns: int, **counts: int) -> dict[str, Any]:
    actors = [{"id": id, "depth": 0, "count": count, "total_ms": 0.0} for id, count in counts.items()]
    return {"now_ns": now_ns, "actors": actors}


def test_rates_are_differences_between_two_looks_and_whoever_began_anew_has_only_new_events() -> None:
    rows = busiest(_look(0, steady=100, anew=50), _look(2_000_000_000, steady=140, anew=6, new=2))

    assert [(row.id, row.events_per_s) for row in rows] == [("steady", 20.0), ("anew", 3.0), ("new", 1.0)]


def test_a_timeline_of_a_real_node_is_drawn_in_both_kinds(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with BackgroundNode(NodeSettings(decision_log=log)) as background:
        pid = background.call(background.node.spawn, Busy()).result()
        background.call(background.node.dispatch, pid, Busy.work).result()
    files = ["--svg", str(tmp_path / "picture.svg"), "--chrome", str(tmp_path / "trace.json")]

    status, output = _run("timeline", str(log), *files)

    assert status == 0, output
    assert ">work</text>" in (tmp_path / "picture.svg").read_text()
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]


def test_a_timeline_of_a_long_log_says_what_it_leaves_out(tmp_path: Path) -> None:
    line = '{"n":1,"now":0,"who":"a@10.0.0.1:1","kind":"timer","name":"A.tick"}\n'
    (tmp_path / "log").write_text(1_000 * line)

    status, output = _run("timeline", str(tmp_path / "log"), "--svg", str(tmp_path / "picture.svg"))

    assert status == 0
    assert "600 further events are left out" in output


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        ([], 2, "expected --svg FILE or --chrome FILE"),
        (["--svg", "-", "--from", "soon"], 2, "--from"),
        (["--svg", "-", "--actor", "nobody"], 1, "nothing in it is selected"),
        (["--svg", "no/such/folder/picture.svg"], 1, "No such file or directory"),
    ],
)
def test_a_timeline_that_cannot_be_drawn_says_why(
    tmp_path: Path, arguments: list[str], status: int, complaint: str
) -> None:
    (tmp_path / "log").write_text('{"n":1,"now":0,"who":"a@10.0.0.1:1","kind":"timer","name":"A.tick"}\n')

    told = _run("timeline", str(tmp_path / "log"), *arguments)

    assert told[0] == status
    assert complaint in told[1]


def test_a_file_that_is_no_decision_log_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("once upon a time\n")

    status, output = _run("timeline", str(tmp_path / "log"), "--svg", "-")

    assert status == 1
    assert "log, line 1: expected an entry of a decision log" in output

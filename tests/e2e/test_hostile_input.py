"""Whatever bytes a live master and a live agent are sent: a clear answer, a counter, and the cluster works on."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import dataclass
from typing import Final

import pytest

from libprocess_py.core.wire_head import BODY_MAX
from tests.support.real_cluster import Daemon, RealCluster
from tests.support.waiting import PATIENCE_S

CHUNK: Final = b"100000\r\n" + bytes(0x100000) + b"\r\n"  # One MiB.
READ_MAX: Final = 65_536

# What is sent, with {to} for the daemon's actor; the status that answers it; the counter that moves.
CASES: Final = {
    "noise": (b"\x00\xff\x17 noise\r\n\r\n", 400, "libprocess/http/bad_requests"),
    "no HTTP version": (b"GET /\r\n\r\n", 505, "libprocess/http/bad_requests"),
    "line ends without CR": (b"GET / HTTP/1.1\nHost: x\n\n", 400, "libprocess/http/bad_requests"),
    "two lengths": (
        b"POST /{to}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
        "libprocess/http/bad_requests",
    ),
    "a length that is none": (
        b"POST /{to}/x HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        400,
        "libprocess/http/bad_requests",
    ),
    "a length beyond the limit": (
        b"POST /{to}/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1),
        413,
        "libprocess/http/bad_requests",
    ),
    "chunks beyond the limit": (
        b"POST /{to}/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK * (BODY_MAX // 0x100000 + 1),
        413,
        "libprocess/http/bad_requests",
    ),
    "a message for an unknown PID": (
        b"POST /nobody/{kind} HTTP/1.1\r\nHost: x\r\nLibprocess-From: a@127.0.0.1:1\r\nContent-Length: 2\r\n\r\n{}",
        404,
        "libprocess/http/messages_not_found",
    ),
    "a message that is no JSON": (
        b"POST /{to}/{kind} HTTP/1.1\r\nHost: x\r\nLibprocess-From: a@127.0.0.1:1\r\nContent-Length: 4\r\n\r\n{{{{",
        400,
        "libprocess/http/messages_malformed",
    ),
    "a message without its fields": (
        b"POST /{to}/{kind} HTTP/1.1\r\nHost: x\r\nLibprocess-From: a@127.0.0.1:1\r\nContent-Length: 2\r\n\r\n{}",
        400,
        "libprocess/http/messages_malformed",
    ),
    "a page that is not there": (
        b"GET /{to}/nothing-here HTTP/1.1\r\nHost: x\r\n\r\n",
        404,
        "libprocess/http/requests",
    ),
}


@dataclass
class Ordeal:
    """What a daemon answered to each case, and its counters before and after all of them."""

    answers: dict[str, bytes]
    before: dict[str, float]
    after: dict[str, float]


@pytest.fixture(scope="module", params=["master", "agent"])
def ordeal(cluster: RealCluster, request: pytest.FixtureRequest) -> Ordeal:
    """All cases in a row, between two looks at the counters: a daemon tells them only twice a second."""
    daemon, to, kind = addressee(cluster, request.param)
    before = daemon.get("/metrics/snapshot")
    answers = {
        case: exchange(daemon.address, content.replace(b"{to}", to).replace(b"{kind}", kind))
        for case, (content, _, _) in CASES.items()
    }
    return Ordeal(answers, before, daemon.get("/metrics/snapshot"))


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_answered_clearly(ordeal: Ordeal, case: str) -> None:
    assert ordeal.answers[case].startswith(b"HTTP/1.1 %d " % CASES[case][1]), ordeal.answers[case]


def test_bad_input_is_counted(ordeal: Ordeal) -> None:
    expected = Counter(counter for _, _, counter in CASES.values())

    for counter, times in expected.items():
        assert ordeal.after[counter] - ordeal.before.get(counter, 0) >= times, counter


def test_a_message_that_only_a_master_may_send_is_counted_and_dropped(cluster: RealCluster) -> None:
    agent = cluster.agents[0]
    body = b'{"message": "because I say so"}'
    head = b"POST /slave(1)/AgentShutdown HTTP/1.1\r\nHost: x\r\nLibprocess-From: master@127.0.0.1:1\r\n"
    before = agent.get("/metrics/snapshot").get("libprocess/protocol_errors", 0)

    answered = exchange(agent.address, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    assert answered.startswith(b"HTTP/1.1 202 "), answered
    assert agent.get("/metrics/snapshot")["libprocess/protocol_errors"] > before
    assert agent.process.poll() is None


def test_afterwards_the_cluster_runs_tasks(cluster: RealCluster) -> None:
    done = cluster.run("--command", "true", "--instances", "4")

    assert done.returncode == 0, done.stdout
    assert cluster.active_agents() == 2


def addressee(cluster: RealCluster, role: str) -> tuple[Daemon, bytes, bytes]:
    """A daemon, its actor's id, and a message that it takes."""
    if role == "master":
        return cluster.master, b"master", b"FrameworkSubscription"
    return cluster.agents[0], b"slave(1)", b"TaskLaunch"


def exchange(address: str, content: bytes) -> bytes:
    """Send bytes as they are; the beginning of the answer. A server need not take all before it answers."""
    ip, _, port = address.rpartition(":")
    with socket.create_connection((ip, int(port)), PATIENCE_S) as connection:
        try:
            connection.sendall(content)
        except ConnectionError:
            pass  # It has refused already.
        return connection.recv(READ_MAX)

"""A cluster that shares a secret, switched on as an operator does it: by the environment of each program."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.real_cluster import READ_S, RealCluster

VARIABLE: Final = "LIBPROCESS_SECRET_FILE"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, nothing_is_left: None) -> Iterator[RealCluster]:
    folder = tmp_path_factory.mktemp("secured")
    file = folder / "secret"
    file.write_text("a secret that nobody guesses\n")
    file.chmod(0o600)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv(VARIABLE, str(file))
        with RealCluster(folder, agents=2) as cluster:
            yield cluster


def told(to: str, name: str, *, sender: str) -> int:
    """What a daemon answers to a message that says it is of `sender`."""
    id, _, address = to.partition("@")
    request = urllib.request.Request(
        f"http://{address}/{id}/{name}", data=b"{}", headers={"Libprocess-From": sender}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=READ_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_command_runs_and_does_not_learn_where_the_secret_is(secured: RealCluster) -> None:
    ran = secured.run("--command", f'test -z "${VARIABLE}"', "--instances", "3")

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_stranger_at_the_address_of_an_agent_or_the_master_is_believed_by_nobody(secured: RealCluster) -> None:
    agent = secured.agents[0]

    to_master = told(secured.master.pid, "mesos.internal.UnregisterSlaveMessage", sender=agent.pid)
    to_agent = told(agent.pid, "mesos.internal.ShutdownMessage", sender=secured.master.pid)

    assert (to_master, to_agent) == (403, 403)
    assert secured.metric("libprocess/http/messages_unauthenticated") == 1
    assert secured.active_agents() == 2

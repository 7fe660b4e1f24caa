"""Clusters: hosts, time, and the way hosts come and go."""

from __future__ import annotations

import pytest

import mesos_py
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.hosts import address_of
from tests.simulation.probe import CHECKED, MINUTE, SECOND, Probe, batch, finish


def test_the_public_name_is_this_cluster() -> None:
    assert mesos_py.Cluster is Cluster


def test_all_agents_are_in_after_a_few_seconds() -> None:
    cluster = Cluster(seed=1, agents=5, options=CHECKED)

    cluster.run_until_registered()

    assert len(cluster.master.books.agents) == 5
    assert cluster.now - cluster.options.simulation.start_ns <= 3 * SECOND


def test_time_stands_still_until_it_is_moved() -> None:
    cluster = Cluster(seed=1)
    began = cluster.now

    cluster.settle()
    still = cluster.now
    cluster.advance(7 * SECOND)

    assert still == began
    assert cluster.now == began + 7 * SECOND


def test_a_thousand_hosts_have_addresses_of_their_own() -> None:
    addresses = {address_of(net, number, port=1) for net in (1, 2) for number in range(1_000)}

    assert len(addresses) == 2_000


def test_a_host_that_is_down_has_no_books_and_cannot_crash_again() -> None:
    cluster = Cluster(seed=1)
    cluster.crash_agent(0)

    with pytest.raises(AssertionError, match="agent 0 is down"):
        cluster.agents[0].books  # noqa: B018  # That it cannot be had is the point.
    with pytest.raises(AssertionError, match="is down"):
        cluster.crash_agent(0)


def test_a_host_that_is_up_cannot_be_started_again() -> None:
    cluster = Cluster(seed=1)

    with pytest.raises(AssertionError, match="is up already"):
        cluster.restart_master()


def test_equal_seeds_and_calls_make_equal_runs_and_checks_change_nothing() -> None:
    digests = []
    for options in (None, CHECKED):
        cluster, work = Cluster(seed=8, agents=2, options=options), batch(10, 5 * SECOND)
        cluster.add_framework(work)
        finish(cluster, work)
        digests.append(cluster.digest())

    assert digests[0] == digests[1]


def test_a_cluster_without_a_master_passes_its_checks() -> None:
    cluster = Cluster(seed=1, agents=2, options=CHECKED)
    cluster.add_framework(Probe())
    cluster.advance(MINUTE)

    cluster.crash_master()
    cluster.advance(MINUTE)

    cluster.check()

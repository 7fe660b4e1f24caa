"""Who is offered what, and when (MA-19, MA-25, AL-14): the allocator, the master and the driver together."""

from __future__ import annotations

from master.flags import MasterFlags
from mesos_py.frameworks.scheduler.driver import SchedulerProcess
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.offer import Filters
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.options import ClusterOptions
from tests.simulation.probe import CHECKED, HOUR, MINUTE, SECOND, Probe, Stage, a_framework, batch


def decline(stage: Stage, refuse_ns: int) -> None:
    """Decline all there is."""
    offers, stage.probe.offers = tuple(stage.probe.offers), {}
    stage.framework.call(SchedulerProcess.decline, offers, filters=Filters(refuse_ns=refuse_ns))


def test_what_was_declined_is_not_offered_again_before_its_time() -> None:
    stage = Stage()

    decline(stage, refuse_ns=30 * SECOND)
    stage.cluster.advance(29 * SECOND)
    before = len(stage.probe.offers)
    stage.cluster.advance(3 * SECOND)

    assert before == 0
    assert len(stage.probe.offers) == 1


def test_what_one_framework_declined_is_offered_to_another_at_once() -> None:
    stage = Stage()
    other = Probe()
    stage.cluster.add_framework(other)
    stage.cluster.advance(SECOND)
    before = len(other.offers)

    decline(stage, refuse_ns=30 * SECOND)
    stage.cluster.advance(2 * SECOND)

    assert before == 0
    assert len(other.offers) == 1


def test_a_suppressed_framework_is_offered_nothing_until_it_revives() -> None:
    stage = Stage()
    stage.framework.call(SchedulerProcess.suppress)
    decline(stage, refuse_ns=0)

    stage.cluster.advance(2 * MINUTE)
    suppressed = len(stage.probe.offers)
    stage.framework.call(SchedulerProcess.revive)
    stage.cluster.advance(SECOND)

    assert suppressed == 0
    assert len(stage.probe.offers) == 1


def test_reviving_forgets_what_was_refused() -> None:
    stage = Stage()
    decline(stage, refuse_ns=HOUR)
    stage.cluster.advance(10 * SECOND)
    refused = len(stage.probe.offers)

    stage.framework.call(SchedulerProcess.revive)
    stage.cluster.advance(SECOND)

    assert refused == 0
    assert len(stage.probe.offers) == 1


def test_a_framework_may_subscribe_suppressed() -> None:
    cluster, probe = Cluster(seed=2, agents=2, options=CHECKED), Probe()
    framework = cluster.add_framework(probe, suppressed_roles=("*",))

    cluster.advance(MINUTE)
    suppressed = len(probe.offers)
    framework.call(SchedulerProcess.revive)
    cluster.advance(SECOND)

    assert suppressed == 0
    assert len(probe.offers) == 2


def test_an_idle_batch_hears_of_no_offers() -> None:
    cluster, work = Cluster(seed=2, agents=3, options=CHECKED), batch(2, HOUR)
    cluster.add_framework(work)
    cluster.advance(MINUTE)
    offers = work.offers

    cluster.advance(10 * MINUTE)

    assert work.suppressed
    assert work.offers == offers


def test_frameworks_hold_resources_in_proportion_to_the_weights_of_their_roles() -> None:
    flags = MasterFlags(weights=(("heavy", 2.0), ("light", 1.0)))
    options = ClusterOptions(resources="cpus:1;mem:512", master=flags, checked=True)
    cluster = Cluster(seed=6, agents=12, options=options)
    heavy, light = batch(12, HOUR), batch(12, HOUR)
    cluster.add_framework(heavy, a_framework(role="heavy"))
    cluster.add_framework(light, a_framework(role="light"))

    cluster.advance(MINUTE)

    assert (len(heavy.attempts), len(light.attempts)) == (8, 4)


def test_an_offer_that_nobody_uses_is_rescinded_after_the_offer_timeout() -> None:
    options = ClusterOptions(master=MasterFlags(offer_timeout=20 * SECOND), checked=True)
    cluster, probe = Cluster(seed=2, agents=1, options=options), Probe()
    cluster.add_framework(probe, FrameworkInfo(user="nobody", name="slow"))
    assert cluster.run_until(lambda: probe.offers, limit_ns=MINUTE)
    (first,) = probe.offers

    cluster.advance(25 * SECOND)

    assert first not in probe.offers
    assert probe.offered >= 2

"""A scheduler that does nothing by itself and remembers everything, and clusters to put it in."""

from __future__ import annotations

from collections.abc import Callable

from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.frameworks.scheduler.driver import SchedulerProcess
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.offer import Filters, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import TaskState, TaskStatus
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.options import ClusterOptions
from mesos_py.simulation.workload import BatchScheduler, Job, JobSize

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
ONE = Resources.of(cpus=1, mem=512)
SIZE = JobSize(ONE, shortest_ns=10 * SECOND, longest_ns=200 * SECOND)
CHECKED = ClusterOptions(checked=True)


class Probe(Scheduler):
    """Keeps offers until a test does something with them."""

    def __init__(self) -> None:
        self.offers: dict[OfferId, Offer] = {}
        self.offered = 0
        self.updates: list[TaskStatus] = []
        self.lost_agents: list[AgentId] = []
        self.joins = 0
        self.disconnects = 0
        self.errors: list[str] = []

    def registered(self, driver: Driver, framework_id: FrameworkId, *, master: MasterInfo) -> None:
        self.joins += 1

    def reregistered(self, driver: Driver, master: MasterInfo) -> None:
        self.joins += 1

    def disconnected(self, driver: Driver) -> None:
        self.disconnects += 1
        self.offers.clear()

    def resource_offers(self, driver: Driver, offers: tuple[Offer, ...]) -> None:
        self.offered += len(offers)
        self.offers.update((offer.id, offer) for offer in offers)

    def offer_rescinded(self, driver: Driver, offer_id: OfferId) -> None:
        del self.offers[offer_id]

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        self.updates.append(status)

    def agent_lost(self, driver: Driver, agent_id: AgentId) -> None:
        self.lost_agents.append(agent_id)

    def error(self, driver: Driver, message: str) -> None:
        self.errors.append(message)

    def states(self, task: str) -> list[TaskState]:
        """What was heard of a task, in order."""
        return [status.state for status in self.updates if status.task_id == task]


def a_framework(
    *capabilities: Capability, failover_timeout_ns: int = 0, role: str = "*", checkpoint: bool = True
) -> FrameworkInfo:
    """One whose tasks may outlive the connection of their agent, unless `checkpoint` says otherwise."""
    return FrameworkInfo(
        user="nobody",
        name="framework",
        roles=(role,),
        capabilities=capabilities,
        failover_timeout_ns=failover_timeout_ns,
        checkpoint=checkpoint,
    )


def jobs(count: int, duration_ns: int) -> tuple[Job, ...]:
    return tuple(Job(f"job-{number}", ONE, duration_ns) for number in range(count))


class Stage:
    """One cluster with one probe, which has been offered every agent."""

    def __init__(self, info: FrameworkInfo | None = None, *, agents: int = 1) -> None:
        self.cluster = Cluster(seed=1, agents=agents, options=CHECKED)
        self.probe = Probe()
        self.framework = self.cluster.add_framework(self.probe, info or a_framework())
        self.wait(lambda: len(self.probe.offers) == agents)
        self.cluster.advance(SECOND)  # The agents have been answered, too.

    def wait(self, predicate: Callable[[], object], limit_ns: int = MINUTE) -> None:
        assert self.cluster.run_until(predicate, limit_ns=limit_ns)

    @property
    def agent_id(self) -> AgentId:
        """That of the only agent, as it calls itself."""
        return self.cluster.agents[0].books.agent_id

    def launch(self, *tasks: str, duration_ns: int = HOUR) -> None:
        """Launch on the first offer, with nothing of it refused."""
        offer = self.probe.offers.pop(next(iter(self.probe.offers)))
        infos = tuple(Job(task, ONE, duration_ns).task(TaskId(task), offer.agent_id) for task in tasks)
        self.framework.call(SchedulerProcess.launch, (offer.id,), infos, filters=Filters(refuse_ns=0))

    def run(self, *tasks: str) -> None:
        """Launch, and wait until all run and the agents know that the scheduler knows."""
        self.launch(*tasks)
        self.wait(lambda: all(self.probe.states(task)[-1:] == [TaskState.RUNNING] for task in tasks))
        self.cluster.advance(SECOND)

    def reconcile(self, *tasks: str) -> list[TaskStatus]:
        """Ask, explicitly or about everything, and return the answers of the next second."""
        heard = len(self.probe.updates)
        asked = tuple(ReconciledTask(task_id=TaskId(task), agent_id=self.agent_id) for task in tasks)
        self.framework.call(SchedulerProcess.reconcile, asked)
        self.cluster.advance(SECOND)
        return self.probe.updates[heard:]


def batch(count: int, duration_ns: int) -> BatchScheduler:
    return BatchScheduler(jobs(count, duration_ns))


def finish(cluster: Cluster, *batches: BatchScheduler, limit_ns: int = HOUR) -> None:
    """Let the batches run to their end, and everything else to rest."""
    assert cluster.run_until(lambda: all(batch.is_finished for batch in batches), limit_ns=limit_ns)
    cluster.advance(10 * SECOND)
    cluster.check_quiet()


def settle_down(cluster: Cluster) -> None:
    """After a while nothing is on its way, and everybody must see the same."""
    cluster.advance(10 * SECOND)
    cluster.check_quiet()

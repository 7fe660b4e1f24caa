"""`Cluster`: a master, agents and frameworks, each on a host of its own, in one process on virtual time.

```python
cluster = Cluster(seed=1, agents=3)
batch = BatchScheduler(jobs)
cluster.add_framework(batch)
assert cluster.run_until(lambda: batch.is_finished, limit_ns=600 * SECOND)
cluster.check()
```

The actors are those of the daemons; containers are simulated, everything else is real. Hosts crash and come back,
networks part and heal, when the caller says so. Time moves only in `advance` and `run_until`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from libprocess_py.sim.network import Network
from libprocess_py.sim.simulation import Simulation
from mesos_py.frameworks.scheduler.callbacks import Scheduler
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.simulation import invariants
from mesos_py.simulation.hosts import AgentHost, FrameworkHost, Host, MasterHost
from mesos_py.simulation.options import SECOND_NS, ClusterOptions
from mesos_py.simulation.workload import BatchScheduler

STOP_LIMIT_NS: Final = 60 * SECOND_NS  # Whoever is asked to stop is given this long: well above every grace period.


class Cluster:
    """Master and agents are up at once; agents register in the first seconds."""

    def __init__(self, seed: int = 0, agents: int = 1, *, options: ClusterOptions | None = None) -> None:
        self.options = options or ClusterOptions()
        self.simulation = Simulation(seed, self.options.simulation)
        self.master = MasterHost(self.simulation, self.options)
        self.agents = [AgentHost(self.simulation, number, options=self.options) for number in range(agents)]
        self.frameworks: list[FrameworkHost] = []
        self.master.start()
        for agent in self.agents:
            agent.start()

    # Time

    @property
    def now(self) -> int:
        return self.simulation.now

    @property
    def network(self) -> Network:
        return self.simulation.network

    def digest(self) -> str:
        """The identity of the run so far."""
        return self.simulation.digest()

    def settle(self) -> None:
        self.simulation.settle()

    def advance(self, ns: int) -> None:
        """Let that much time pass."""
        self.run_until(lambda: False, limit_ns=ns)

    def run_until(self, predicate: Callable[[], object], *, limit_ns: int) -> bool:
        """Let time pass until the predicate holds. False if it does not within the limit."""
        return self.simulation.run_until(self._watched(predicate), limit_ns=limit_ns)

    def run_until_registered(self, *, limit_ns: int = STOP_LIMIT_NS) -> None:
        """Until every agent that is up is in."""
        up = sum(agent.is_up for agent in self.agents)
        registered = self.run_until(lambda: self._connected() == up, limit_ns=limit_ns)
        assert registered, f"{self._connected()} of {up} agents are registered"

    def _connected(self) -> int:
        return sum(agent.connected for agent in self.master.books.agents.values())

    def _watched(self, predicate: Callable[[], object]) -> Callable[[], object]:
        if not self.options.checked:
            return predicate

        def watched() -> object:
            self.check()
            return predicate()

        return watched

    # Hosts

    def crash_master(self) -> None:
        self.master.crash()

    def restart_master(self) -> None:
        """Another master at the same address, with empty books."""
        self.master.start()

    def crash_agent(self, number: int) -> None:
        """The agent and all its executors are gone at once."""
        self.agents[number].crash()

    def restart_agent(self, number: int) -> None:
        """A fresh agent at the same address."""
        self.agents[number].start()

    def stop_agent(self, number: int) -> None:
        """As an operator stops it: executors first, then it unregisters."""
        self._wait(self.agents[number].ask_to_stop().on_ready, self.agents[number])

    def add_framework(
        self, scheduler: Scheduler, info: FrameworkInfo | None = None, *, suppressed_roles: tuple[str, ...] = ()
    ) -> FrameworkHost:
        """Start a scheduler on a host of its own."""
        number = len(self.frameworks)
        info = info or FrameworkInfo(user="nobody", name=f"framework-{number}")
        host = FrameworkHost(self.simulation, number, scheduler=scheduler, info=info)
        self.frameworks.append(host)
        host.start(suppressed_roles=suppressed_roles)
        return host

    def crash_framework(self, framework: FrameworkHost) -> None:
        """The scheduler is gone without a word; the failover timeout begins."""
        framework.crash()

    def fail_over(self, framework: FrameworkHost, scheduler: Scheduler | None = None) -> FrameworkHost:
        """Another scheduler, or the same with what it knew, takes the framework over from another host."""
        info = replace(framework.info, id=framework.driver.framework_id)
        return self.add_framework(scheduler or framework.scheduler, info)

    def stop_framework(self, framework: FrameworkHost, *, failover: bool = False) -> None:
        """The scheduler stops in good order: its tasks are killed, unless it says that another will follow."""
        self._wait(framework.ask_to_stop(failover=failover).on_ready, framework)

    def _wait(self, on_ready: Callable[[Callable[[bool], object]], object], host: Host) -> None:
        ended: list[bool] = []
        on_ready(ended.append)
        assert self.run_until(lambda: ended, limit_ns=STOP_LIMIT_NS), f"{host.address} does not stop"
        host.shut_down()

    # The network between the master and others

    def partition(self, host: Host, *, one_way: bool = False) -> None:
        """Cut a host off the master: both ways, or only what it sends."""
        self.network.partition(host, self.master, one_way=one_way)

    def heal(self, host: Host) -> None:
        self.network.heal(host, self.master)

    def drop(self, host: Host, *, rate: float) -> None:
        """Lose that share of what a host sends to the master."""
        self.network.drop(host, self.master, rate=rate)

    # Checks

    def check(self) -> None:
        """Assert what holds at every instant, whatever goes on. Time must stand still."""
        self.settle()
        if self.master.is_up:
            books = self.master.books
            books.check()
            self.master.allocator.check()
            invariants.check_accounts(books, self.master.allocator.books)
        agents = [host.books for host in self.agents if host.is_up]
        for agent in agents:
            agent.check()
        for host in self.frameworks:
            host.driver.state.check()
        invariants.check_one_place(agents)

    def check_quiet(self) -> None:
        """Assert besides that everybody has the same view: when nothing is on its way and everybody is connected."""
        self.check()
        books = self.master.books
        by_pid = {host.agent.pid: host.books for host in self.agents if host.is_up}
        invariants.check_agent_views(books, by_pid)
        for host in self.frameworks:
            if host.is_up and host.driver.framework_id is not None:
                id = host.driver.framework_id
                invariants.check_framework_view(books, id, offers=host.driver.state.offers)
                if isinstance(host.scheduler, BatchScheduler):
                    invariants.check_task_view(books, id, states=host.scheduler.states)

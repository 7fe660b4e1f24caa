"""The hosts of a simulated cluster: a node each, and the real actor that lives there.

A host keeps its address for ever. Its node is one life of it: a crash ends the node, a start makes another one at the
same address, which remembers nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec

from allocators.allocator_process import ALLOCATOR_ID, AllocatorProcess
from allocators.hierarchical.allocator import HierarchicalAllocator
from libprocess_py.future import Future
from libprocess_py.node import Node
from libprocess_py.pid import PID, Address
from libprocess_py.sim.simulation import Simulation
from master.core.books import Books as MasterBooks
from master.main import spawn_master
from master.master import Master
from mesos_py.frameworks.scheduler.callbacks import Scheduler
from mesos_py.frameworks.scheduler.driver import SchedulerProcess
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.detector import MASTER_ID, StandaloneDetector
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.resources import Resources
from mesos_py.simulation.options import ClusterOptions
from mesos_py.simulation.ticking import TickingDriver, TickingScheduler
from slave.core.books import Books as AgentBooks
from slave.simulated_agent import SimulatedMachine, simulated_settings, spawn_simulated_agent
from slave.slave import Slave

P = ParamSpec("P")

MASTER_ADDRESS: Final = Address("10.0.0.1", 5050)
MASTER_PID: Final = PID(MASTER_ID, MASTER_ADDRESS)
AGENT_NET: Final = 1  # Agents are 10.1.x.y,
FRAMEWORK_NET: Final = 2  # and schedulers 10.2.x.y.
AGENT_PORT: Final = 5051
FRAMEWORK_PORT: Final = 7000
HOSTS_PER_NET: Final = 250  # The last number of an address; the one before counts nets.


def address_of(net: int, number: int, *, port: int) -> Address:
    """The address of the host with that number, from zero, in one of the nets."""
    high, low = divmod(number, HOSTS_PER_NET)
    return Address(f"10.{net}.{high}.{low + 1}", port)


class Host:
    """One address and, while it is up, the node there."""

    def __init__(self, simulation: Simulation, address: Address) -> None:
        self.address = address
        self._simulation = simulation
        self._node: Node | None = None

    @property
    def is_up(self) -> bool:
        return self._node is not None

    @property
    def node(self) -> Node:
        assert self._node is not None, f"{self.address} is down"
        return self._node

    def _boot(self) -> Node:
        assert self._node is None, f"{self.address} is up already"
        self._node = self._simulation.node(self.address.ip, self.address.port)
        return self._node

    def crash(self) -> None:
        """Gone at once, without a word."""
        self._simulation.crash(self.node)
        self._node = None

    def shut_down(self) -> None:
        """An orderly end of the node and all its actors."""
        self._simulation.stop(self.node)
        self._node = None


class MasterHost(Host):
    """The master and its allocator."""

    def __init__(self, simulation: Simulation, options: ClusterOptions) -> None:
        super().__init__(simulation, MASTER_ADDRESS)
        self._options = options

    def start(self) -> None:
        spawn_master(self._boot(), self._options.master, checked=self._options.checked)

    @property
    def books(self) -> MasterBooks:
        master = self.node.kernel.mailboxes[MASTER_ID]
        assert isinstance(master, Master)
        return master.books

    @property
    def allocator(self) -> HierarchicalAllocator:
        process = self.node.kernel.mailboxes[ALLOCATOR_ID]
        assert isinstance(process, AllocatorProcess)
        policy = process.policy
        assert isinstance(policy, HierarchicalAllocator), "its books are those that can be looked at"
        return policy


class AgentHost(Host):
    """One agent with simulated containers."""

    def __init__(self, simulation: Simulation, number: int, *, options: ClusterOptions) -> None:
        super().__init__(simulation, address_of(AGENT_NET, number, port=AGENT_PORT))
        self.number = number
        self._options = options
        self._agent: Slave | None = None

    def start(self) -> None:
        node = self._boot()
        machine = SimulatedMachine(
            resources=Resources.parse(self._options.resources),
            attributes=Attributes.parse(self._options.attributes),
            hostname=f"agent-{self.number}",
        )
        self._agent = spawn_simulated_agent(
            node,
            simulated_settings(node, machine),
            detector=StandaloneDetector(MASTER_PID),
            checked=self._options.checked,
            metrics=False,  # Nobody asks, and thousands of agents do better without.
        )

    @property
    def agent(self) -> Slave:
        assert self.is_up, f"agent {self.number} is down"
        assert self._agent is not None
        return self._agent

    @property
    def books(self) -> AgentBooks:
        return self.agent.books

    def ask_to_stop(self) -> Future[bool]:
        """As SIGTERM does. Ready when the agent has ended; its node is still there then."""
        self.node.dispatch(self.agent.pid, Slave.stop)
        return self.node.wait(self.agent.pid)


class FrameworkHost(Host):
    """One scheduler with its driver."""

    def __init__(self, simulation: Simulation, number: int, *, scheduler: Scheduler, info: FrameworkInfo) -> None:
        super().__init__(simulation, address_of(FRAMEWORK_NET, number, port=FRAMEWORK_PORT))
        self.number = number
        self.scheduler = scheduler
        self.info = info
        self._driver: SchedulerProcess | None = None

    def start(self, *, suppressed_roles: tuple[str, ...] = ()) -> None:
        kind = TickingDriver if isinstance(self.scheduler, TickingScheduler) else SchedulerProcess
        detector = StandaloneDetector(MASTER_PID)
        self._driver = kind(self.scheduler, self.info, detector=detector, suppressed_roles=suppressed_roles)
        self._boot().spawn(self._driver)

    @property
    def driver(self) -> SchedulerProcess:
        """The driver of the present scheduler, or of the last one."""
        assert self._driver is not None, f"framework {self.number} was never started"
        return self._driver

    def call(
        self, method: Callable[Concatenate[SchedulerProcess, P], object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Have the driver do something, in a turn of its own: `framework.call(SchedulerProcess.revive)`."""
        self.node.dispatch(self.driver.pid, method, *args, **kwargs)

    def ask_to_stop(self, *, failover: bool = False) -> Future[bool]:
        """Ready when the driver has ended; its node is still there then."""
        self.call(SchedulerProcess.stop, failover=failover)
        return self.node.wait(self.driver.pid)

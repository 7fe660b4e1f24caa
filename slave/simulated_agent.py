"""A simulated agent (AG-23): the agent's own code, with containers that are actors, and nothing of this machine.

For simulations and tests: no files, no processes, no facts about this host, so that equal seeds give equal runs
anywhere.
"""

from __future__ import annotations

from typing import Final

from libprocess_py.message import Record
from libprocess_py.node import Node
from libprocess_py.pid import PID
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.detector import MasterDetector
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.version import VERSION
from slave.containerizer.simulated import SimulatedContainerizer
from slave.core.settings import AgentSettings
from slave.perform import Surroundings
from slave.sandboxes import NoSandboxes
from slave.slave import AgentOptions, Slave

WORK_DIR: Final = "/simulated"  # Only a name: nothing is made there.


class SimulatedMachine(Record):
    """What the machine of a simulated agent is like."""

    resources: Resources
    attributes: Attributes = Attributes()
    hostname: str | None = None  # None: the agent's address.


def simulated_settings(node: Node, machine: SimulatedMachine, *, number: int = 1) -> AgentSettings:
    """The settings of agent `number` of a node, from nothing but what is given."""
    return AgentSettings(
        pid=PID(f"slave({number})", node.address),
        info=AgentInfo(
            hostname=machine.hostname or node.address.ip,
            port=node.address.port,
            resources=machine.resources,
            attributes=machine.attributes,
        ),
        version=VERSION,
        work_dir=WORK_DIR,
        python="python3",
        path="/bin",
        executor_ip=node.address.ip,
    )


def spawn_simulated_agent(
    node: Node,
    settings: AgentSettings,
    *,
    detector: MasterDetector,
    checked: bool = True,
    metrics: bool = True,
) -> Slave:
    """Start a simulated agent on a node. The actor is returned for tests to look into; everybody else takes its pid.

    With `checked` the books are checked after every event; agents without `metrics` are cheaper, for large clusters.
    """
    surroundings = Surroundings(
        containerizer=node.spawn(SimulatedContainerizer()), detector=detector, sandboxes=NoSandboxes()
    )
    agent = Slave(settings, surroundings, options=AgentOptions(checked=checked, metrics=metrics))
    node.spawn(agent)
    return agent

"""Starting a master: on a node of its own as a daemon, or on one that is there, as `local` and the simulation do."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.allocator_process import AllocatorProcess
from allocators.policies.registry import make_allocator
from libprocess_py.core.failures import Policy
from libprocess_py.flags import FlagError, shown
from libprocess_py.node import Node
from libprocess_py.pid import PID
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run as run_node
from libprocess_py.runtime.settings import NodeSettings
from master.core.settings import MasterSettings
from master.flags import MasterFlags
from master.master import Master, MasterOptions
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.detector import MASTER_ID

EXIT_ENDED: Final = 1  # The master ended by itself, which it only does when something is wrong.


def run(flags: MasterFlags, *, ready: Callable[[PID], None]) -> int:
    """The daemon: until a signal ends it. Calls `ready` once it can be reached. Returns the exit status."""

    try:
        make_policy(flags, seed=0)  # Before anything listens: a mistake of usage is told like one.
    except ValueError as error:
        raise FlagError(f"--allocator-parameters: {error}") from error

    async def main(node: LoopNode) -> int:
        pid = spawn_master(node, flags)
        node.log.info("master_listening", master=pid)
        ready(pid)
        await result(node.wait(pid))
        return EXIT_ENDED

    advertised = {"advertise_ip": flags.advertise_ip, "advertise_port": flags.advertise_port}
    settings = NodeSettings.from_environ(
        os.environ,
        ip=flags.ip,
        port=flags.port,
        delegate=MASTER_ID,
        policy=Policy.ABORT_NODE,
        **{name: value for name, value in advertised.items() if value is not None},
    )
    return run_node(main, settings)


def spawn_master(node: Node, flags: MasterFlags, *, checked: bool = False) -> PID:
    """A master and its allocator on a node. `checked`: the books are checked after every event, for tests."""
    seed = int(node.unique_id().replace("-", ""), 16)
    policy = make_policy(flags, seed=seed)
    allocator = node.spawn(AllocatorProcess(policy, allocation_interval_ns=flags.allocation_interval))
    options = MasterOptions(
        flags=shown(flags),
        weights=dict(flags.weights),
        hostname=flags.hostname,
        cluster=flags.cluster,
        checked=checked,
    )

    def settings_of(info: MasterInfo, now: int) -> MasterSettings:
        return MasterSettings(
            master=info,
            started_ns=now,
            agent_ping_timeout_ns=flags.agent_ping_timeout,
            max_agent_ping_timeouts=flags.max_agent_ping_timeouts,
            agent_reregister_timeout_ns=flags.agent_reregister_timeout,
            offer_timeout_ns=flags.offer_timeout,
            max_completed_frameworks=flags.max_completed_frameworks,
            max_completed_tasks_per_framework=flags.max_completed_tasks_per_framework,
            max_unreachable_tasks_per_framework=flags.max_unreachable_tasks_per_framework,
        )

    return node.spawn(Master(allocator, settings_of, options=options))


def make_policy(flags: MasterFlags, *, seed: int) -> Allocator:
    """The allocation policy that the flags name. Raises ValueError if its parameters do not suit it."""
    return make_allocator(flags.allocator, allocator_settings(flags, seed=seed))


def allocator_settings(flags: MasterFlags, *, seed: int) -> AllocatorSettings:
    """What the flags say to every policy."""
    return AllocatorSettings(
        seed=seed,
        allocation_interval_ns=flags.allocation_interval,
        role_sorter=flags.role_sorter,
        framework_sorter=flags.framework_sorter,
        min_allocatable=flags.min_allocatable_resources,
        fair_sharing_excluded_resource_names=flags.fair_sharing_excluded_resource_names,
        filter_gpu_resources=flags.filter_gpu_resources,
        offer_constraints_re2_max_mem=flags.offer_constraints_re2_max_mem,
        offer_constraints_re2_max_program_size=flags.offer_constraints_re2_max_program_size,
        parameters=dict(flags.allocator_parameters),
    )

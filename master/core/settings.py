"""What the operator decides about a master, as the rules see it; flags.py is where it comes from."""

from __future__ import annotations

from typing import Final

from libprocess_py.message import Record
from master.core.limits import SECOND_NS, Limits
from mesos_py.protocol.agent import MasterInfo

DEFAULT_AGENT_PING_TIMEOUT_NS: Final = 15 * SECOND_NS  # MA-07, as in Mesos.
DEFAULT_MAX_AGENT_PING_TIMEOUTS: Final = 5  # MA-07: 75 seconds until an agent is unreachable.
DEFAULT_AGENT_REREGISTER_TIMEOUT_NS: Final = 600 * SECOND_NS  # MA-09: how long agents may take to find a new master.
DEFAULT_MAX_COMPLETED_FRAMEWORKS: Final = 50  # MA-24, as are the next two.
DEFAULT_MAX_COMPLETED_TASKS_PER_FRAMEWORK: Final = 1_000
DEFAULT_MAX_UNREACHABLE_TASKS_PER_FRAMEWORK: Final = 1_000


class MasterSettings(Record):
    """One master's settings; `started_ns` is when it was elected."""

    master: MasterInfo
    started_ns: int
    agent_ping_timeout_ns: int = DEFAULT_AGENT_PING_TIMEOUT_NS
    max_agent_ping_timeouts: int = DEFAULT_MAX_AGENT_PING_TIMEOUTS
    agent_reregister_timeout_ns: int = DEFAULT_AGENT_REREGISTER_TIMEOUT_NS
    offer_timeout_ns: int | None = None
    max_completed_frameworks: int = DEFAULT_MAX_COMPLETED_FRAMEWORKS
    max_completed_tasks_per_framework: int = DEFAULT_MAX_COMPLETED_TASKS_PER_FRAMEWORK
    max_unreachable_tasks_per_framework: int = DEFAULT_MAX_UNREACHABLE_TASKS_PER_FRAMEWORK
    limits: Limits = Limits()

    @property
    def ping_patience_ns(self) -> int:
        """How long an agent may be silent; it expects to hear from the master as often."""
        return self.agent_ping_timeout_ns * self.max_agent_ping_timeouts

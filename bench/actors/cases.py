"""The cases: what is measured, where, and what it must and should reach.

Bars are absolute figures for a machine that runs 1.07 million empty asyncio callbacks per second. They are judged on
the ratio `r` to the rate of such callbacks that was measured beside the case, so that a slower machine, or a slow
minute of this one, changes nothing. A round trip between two OS processes is mostly the system's own time: it is judged
as a multiple of what two blocking sockets need for it in the same run.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

REFERENCE_CALLBACKS_PER_S: Final = 1.07e6  # The machine for which the bars are written.


class Scale(enum.Enum):
    """What a case's value is, and how it is made comparable between machines."""

    RATE = "per_s"  # More is better; r = value / callbacks.
    FLOW = "bytes_per_s"  # Likewise.
    TIME = "s"  # Less is better; r = value * callbacks: how many callbacks fit in it.
    ECHO = "echoes"  # Less is better; multiples of a blocking-socket echo.
    SIZE = "bytes"  # Less is better; the same on every machine.

    @property
    def more_is_better(self) -> bool:
        return self in {Scale.RATE, Scale.FLOW}


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table. `where` names the function that measures it, `module:function`."""

    where: str
    scale: Scale
    must: float | None = None
    aim: float | None = None
    times_pykka: float | None = None  # How many times pykka's rate it must be, too.

    def ratio(self, value: float, callbacks_per_s: float) -> float:
        """`value` in units of this machine."""
        if self.scale in {Scale.RATE, Scale.FLOW}:
            return value / callbacks_per_s
        return value * callbacks_per_s if self.scale is Scale.TIME else value

    def reaches(self, bar: float, ratio: float) -> bool:
        """Whether a ratio is as good as the bar, which is given for the reference machine."""
        needed = self.ratio(bar, REFERENCE_CALLBACKS_PER_S)
        return ratio >= needed if self.scale.more_is_better else ratio <= needed


RATE, FLOW, TIME, ECHO, SIZE = Scale.RATE, Scale.FLOW, Scale.TIME, Scale.ECHO, Scale.SIZE

CASES: Final[Mapping[str, Case]] = {
    "local_send": Case("bench.actors.local:send", RATE, 0.9e6, 2.0e6, times_pykka=5),
    "fan_out": Case("bench.actors.local:fan_out", RATE, 0.6e6, 1.2e6, times_pykka=25),
    "local_pingpong": Case("bench.actors.local:pingpong", RATE, 0.6e6, 1.2e6),
    "dispatch_serial": Case("bench.actors.dispatching:serial", RATE, 0.2e6, 0.3e6),
    "dispatch_concurrent": Case("bench.actors.dispatching:concurrent", RATE, 0.7e6, 1.2e6),
    "async_handler": Case("bench.actors.local:async_handler", RATE, 0.35e6, 0.6e6),
    "spawn": Case("bench.actors.lifecycle:spawn", RATE, 400e3, 750e3),
    "terminate": Case("bench.actors.lifecycle:terminate", RATE, 320e3, 600e3),
    "idle_actor_bytes": Case("bench.actors.lifecycle:idle_actor_bytes", SIZE, 600, 300),
    "send_100k_actors": Case("bench.actors.lifecycle:send_100k_actors", RATE, 0.4e6, 1.0e6),
    "remote_send_100B": Case("bench.actors.remote:send_100b", RATE, 200e3, 400e3),
    "remote_ask_concurrent": Case("bench.actors.remote:ask_concurrent", RATE, 75e3, 150e3),
    "remote_ask_serial": Case("bench.actors.remote:ask_serial", ECHO, 2.5, 1.4),
    "remote_send_10kB": Case("bench.actors.remote:send_10kb", RATE, 45e3, 90e3),
    "remote_send_1MB": Case("bench.actors.remote:send_1mb", FLOW, 0.5e9, 1.5e9),
    "http_get": Case("bench.actors.http:http_get", RATE, 60e3, 100e3),
    "http_get_pipelined": Case("bench.actors.http:http_get_pipelined", RATE, 160e3, 500e3),
    "local_exited": Case("bench.actors.exits:local_exited", TIME, 8e-6, 4e-6),
    "remote_exited": Case("bench.actors.exits:remote_exited", TIME, 10e-3, 4e-3),
    "sim_messages": Case("bench.actors.sim:message_rate", RATE, 0.5e6, 1.0e6),
    "timers": Case("bench.actors.sim:timer_rate", RATE, 0.3e6, 0.8e6),
}

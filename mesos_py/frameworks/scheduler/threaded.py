"""`SchedulerDriver`: the driver for a program of threads.

It owns a node on a thread of its own, and a `SchedulerProcess` there.
"""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable
from typing import Final, TypeVar

from libprocess_py.pid import Address
from libprocess_py.runtime.addresses import local_ip_towards, resolved
from libprocess_py.runtime.background import BackgroundNode
from libprocess_py.runtime.settings import PREFIX, NodeSettings
from mesos_py.frameworks.scheduler.callbacks import Scheduler
from mesos_py.frameworks.scheduler.core import DriverStatus
from mesos_py.frameworks.scheduler.driver import SchedulerProcess
from mesos_py.protocol.detector import StandaloneDetector, parse_master
from mesos_py.protocol.framework import FrameworkInfo

T = TypeVar("T")

STOP_TIMEOUT_S: Final = (
    10.0  # The node's own bound for flushing is shorter; past this its thread hangs, and that is a bug.
)


class SchedulerDriver:
    """`start()`, `join()`, `run()`, `stop()`, `abort()` as in FW-02. Everything else goes through `call`.

    `master` is `host:port`. The node listens on `ip`, by default the address from which this host reaches the master.
    What else the environment says to nodes holds, too: LIBPROCESS_SECRET_FILE, LIBPROCESS_SSL_ENABLED, ...
    """

    def __init__(
        self,
        scheduler: Scheduler,
        framework: FrameworkInfo,
        *,
        master: str,
        ip: str | None = None,
        implicit_acknowledgements: bool = True,
    ) -> None:
        leader = parse_master(resolved(master))
        self.process = SchedulerProcess(
            scheduler,
            framework,
            detector=StandaloneDetector(leader),
            implicit_acknowledgements=implicit_acknowledgements,
        )
        self._node = BackgroundNode(settings_towards(leader.address, ip=ip))
        self._is_closed = False
        self._ended: concurrent.futures.Future[DriverStatus] = concurrent.futures.Future()

    def start(self) -> DriverStatus:
        """Begin to subscribe. Callbacks come on the node's thread."""
        self._node.start()
        self.process.ended.on_ready(self._ended.set_result)
        self.process.ended.on_failed(self._ended.set_exception)
        self._node.call(self._spawn).result()
        return DriverStatus.RUNNING

    def _spawn(self) -> None:
        node = self._node.node
        node.wait(node.spawn(self.process)).on_any(lambda _: self._gone())

    def _gone(self) -> None:
        """The process has ended. If it did not say how, it failed: whoever waits must not wait for ever."""
        if not self._ended.done():
            self._ended.set_exception(RuntimeError("the scheduler driver failed: the log has the traceback"))

    def call(self, function: Callable[[SchedulerProcess], T]) -> concurrent.futures.Future[T]:
        """Run `function(driver)` in the driver's thread, for instance `driver.call(lambda d: d.revive())`."""
        return self._node.call(function, self.process)

    def join(self, timeout_s: float | None = None) -> DriverStatus:
        """Wait until the driver is stopped or aborted, and close the node.

        Raises TimeoutError after `timeout_s`, and what a callback of the scheduler raised: that ends the driver.
        """
        done, _ = concurrent.futures.wait((self._ended,), timeout_s)
        if not done:
            raise TimeoutError(f"the driver is still running after {timeout_s} s")
        self._node.stop()
        self._is_closed = True
        return self._ended.result()

    def run(self) -> DriverStatus:
        self.start()
        return self.join()

    def stop(self, *, failover: bool = False) -> DriverStatus:
        """End the framework, or with `failover` only this scheduler, and close the node."""
        if not self._is_over:
            self.call(lambda process: process.stop(failover=failover)).result(STOP_TIMEOUT_S)
        return self.join(STOP_TIMEOUT_S)

    def abort(self) -> None:
        """No more callbacks, and `join` returns."""
        if not self._is_over:
            self.call(lambda process: process.abort()).result(STOP_TIMEOUT_S)

    @property
    def _is_over(self) -> bool:
        """There is nobody left to tell anything."""
        return self._is_closed or (self._ended.done() and self._ended.exception() is not None)


def settings_towards(leader: Address, *, ip: str | None = None) -> NodeSettings:
    """As the environment has them, listening where the leader can answer if nobody says otherwise. Raises OSError."""
    if ip is not None:
        return NodeSettings.from_environ(os.environ, ip=ip)
    return NodeSettings.from_environ({f"{PREFIX}IP": local_ip_towards(leader), **os.environ})

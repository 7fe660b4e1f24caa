"""What happens around a node's actors: what is counted, what is logged, what its driver is asked for.

Nothing that is lost is lost in silence: every drop is counted as `libprocess/dropped/<reason>` and logged at debug
level.
"""

from __future__ import annotations

from typing import Protocol

from libprocess_py.clock import Clock
from libprocess_py.core.drops import REASONS
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.driver import Driver
from libprocess_py.errors import ProtocolError
from libprocess_py.events import KIND_NAMES, MESSAGE, Event, name_of
from libprocess_py.http.gateway import Gateway
from libprocess_py.log import EventLog
from libprocess_py.message import Message
from libprocess_py.metrics.registry import Metrics
from libprocess_py.pid import PID, Address
from libprocess_py.routing import Routes


class Forward(Protocol):
    """Sends a message on in the name of its sender."""

    def __call__(self, to: PID, message: Message, *, sender: PID) -> None: ...


class NodeHost:
    """The kernel's view of its node."""

    def __init__(self, driver: Driver, address: Address, *, forward: Forward) -> None:
        self._driver = driver
        self._forward = forward
        self.clock = Clock(driver.now)
        self.log = EventLog(self.clock, address)
        self.metrics = Metrics(driver.now)
        self.routes = Routes()
        self.delegates: dict[str, dict[str, PID]] = {}
        self.gateway: Gateway | None = None  # Once anybody asks by HTTP.
        self.now = driver.now
        self.wake = driver.wake

    def delegated(self, mailbox: Mailbox, message: Message, *, sender: PID) -> bool:
        to = self.delegate_of(mailbox._process_pid.id, message.wire_name)
        if to is None:
            return False
        self._forward(to, message, sender=sender)
        return True

    def delegate_of(self, id: str, name: str) -> PID | None:
        """Where that actor wants messages of that name to go that it does not handle itself."""
        return self.delegates.get(id, {}).get(name)

    def dropped(self, event: Event, *, reason: str, to: str) -> None:
        self.count_drop(reason, to=to, kind=KIND_NAMES[event[0]], name=name_of(event))

    def count_drop(self, reason: str, *, to: object, kind: str, name: str) -> None:
        assert reason in REASONS, f"drop reason {reason!r}: expected one of libprocess_py.core.drops"
        self.metrics.counter(f"libprocess/dropped/{reason}").add()
        self.log.debug("dropped", reason=reason, to=to, kind=kind, name=name)

    def refused(self, mailbox: Mailbox, error: ProtocolError, *, event: Event) -> None:
        self.metrics.counter("libprocess/protocol_errors").add()
        sender = event[1] if event[0] == MESSAGE else "-"
        EventLog(self.clock, mailbox._process_pid).warning(
            "refused", name=name_of(event), sender=sender, error=f"{type(error).__name__}: {error}"
        )

    def failed(self, mailbox: Mailbox, error: Exception, *, event: Event) -> None:
        self.metrics.counter("libprocess/failures").add()
        EventLog(self.clock, mailbox._process_pid).error(
            "handler failed", error=error, kind=KIND_NAMES[event[0]], name=name_of(event)
        )

    def crowded(self, mailbox: Mailbox, events: int, *, names: str) -> None:
        EventLog(self.clock, mailbox._process_pid).warning("mailbox long", events=events, most=names)

    def abort(self, error: BaseException) -> None:
        self._driver.abort(error)

    def ended(self, pid: PID) -> None:
        self.routes.remove(pid.id)
        self.metrics.remove_owned(pid.id)
        self.delegates.pop(pid.id, None)
        if self.gateway is not None:
            self.gateway.ended(pid.id)

    def unlinked(self, address: Address) -> None:
        self._driver.disconnect(address)

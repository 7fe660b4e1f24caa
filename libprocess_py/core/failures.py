"""What happens when a handler raises. Never silence: it is logged, counted, and whoever waits for an answer is told.

A `ProtocolError` is the sender's fault: the event is refused, and the actor goes on. Anything else is ours: the actor
is in a state that nobody foresaw, and its policy, or the node's, says what becomes of it. A callback of a future that
raises in whoever completed it is a third thing: that actor is innocent, so the node's policy decides.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from libprocess_py.core.coroutines import refuse_to_wait
from libprocess_py.core.drops import ABORTED
from libprocess_py.core.endings import end, purge
from libprocess_py.core.mailbox import ENDED, TERMINATING, Mailbox
from libprocess_py.errors import ProtocolError
from libprocess_py.events import KIND_NAMES, Event, name_of
from libprocess_py.future import FutureFailed

if TYPE_CHECKING:
    from libprocess_py.core.kernel import Kernel


class Policy(enum.Enum):
    """What happens when a handler raises anything but a ProtocolError. In every case it is logged with its story."""

    END_ACTOR = "end the actor"  # Without `finalize`, since its state is in doubt; linked actors are told.
    ABORT_NODE = "abort the node"  # As in libprocess: somebody outside starts it anew.
    FAIL = "fail the run"  # The exception leaves `step`: simulations and tests.


class ActorFailed(Exception):
    """A handler raised under `Policy.FAIL`. The cause is what it raised."""


def refuse(kernel: Kernel, mailbox: Mailbox, *, error: ProtocolError, event: Event) -> None:
    """The peer's mistake."""
    if _is_complete(event):
        _callback_failed(kernel, mailbox, error=error, event=event)
    else:
        kernel.host.refused(mailbox, error, event=event)
        _fail_future(kernel, mailbox, error=error, event=event)


def in_words(error: Exception | SystemExit) -> Exception:
    """What an actor failed with. It is not for one actor to end the program of all, nor the others' wish: so SystemExit
    is a failure like any other. Let through, it would also be taken for that of whatever brought the event."""
    if not isinstance(error, SystemExit):
        return error
    told = FutureFailed(f"it raised {error!r}")
    told.__cause__ = error
    return told


def fail(kernel: Kernel, mailbox: Mailbox, *, error: Exception, event: Event) -> None:
    """Our own mistake."""
    if _is_complete(event):  # The handler did its part: what raised is a callback of whoever asked.
        _callback_failed(kernel, mailbox, error=error, event=event)
        return
    policy = policy_of(kernel, mailbox)
    kernel.host.failed(mailbox, error, event=event)
    _fail_future(kernel, mailbox, error=error, event=event)
    if policy is not Policy.END_ACTOR:
        _stop(kernel, policy, mailbox=mailbox, error=error, event=event)
    elif mailbox._process_phase is not ENDED:
        try:
            end(kernel, mailbox, failure=error)
        except Exception as raised:
            _callback_failed(kernel, mailbox, error=raised, event=event)


def leave(kernel: Kernel, mailbox: Mailbox, *, event: Event) -> None:
    """An actor's last turn. Linked actors hear what `finalize` raised; its own policy counts, although it is gone."""
    policy = policy_of(kernel, mailbox)
    mailbox._process_phase = TERMINATING
    failure: Exception | None = None
    try:
        finalize: Callable[[], Any] = mailbox.finalize
        value = finalize()
        if value is not None:
            refuse_to_wait(value)
    except ProtocolError as error:
        kernel.host.refused(mailbox, error, event=event)
    except (Exception, SystemExit) as error:
        failure = in_words(error)
        kernel.host.failed(mailbox, failure, event=event)
    finally:
        end(kernel, mailbox, failure=failure)
    if failure is not None and policy is not Policy.END_ACTOR:
        _stop(kernel, policy, mailbox=mailbox, error=failure, event=event)


def policy_of(kernel: Kernel, mailbox: Mailbox) -> Policy:
    """What was given at spawn, or else the node's."""
    return kernel.policies.get(mailbox._process_pid.id, kernel.policy)


def _fail_future(kernel: Kernel, mailbox: Mailbox, *, error: Exception, event: Event) -> None:
    try:
        if event[3] is not None:
            event[3].fail(error)
    except Exception as raised:
        _callback_failed(kernel, mailbox, error=raised, event=event)


def _callback_failed(kernel: Kernel, mailbox: Mailbox, *, error: Exception, event: Event) -> None:
    kernel.host.failed(mailbox, error, event=event)
    if kernel.policy is not Policy.END_ACTOR:
        _stop(kernel, kernel.policy, mailbox=mailbox, error=error, event=event)


def _stop(kernel: Kernel, policy: Policy, *, mailbox: Mailbox, error: Exception, event: Event) -> None:
    if policy is Policy.ABORT_NODE:
        kernel.runnable.clear()
        try:
            purge(kernel, mailbox, reason=ABORTED)
        finally:
            kernel.host.abort(error)
    else:
        where = name_of(event) or KIND_NAMES[event[0]]
        story = f"{mailbox._process_pid} failed in {where}: {type(error).__name__}: {error}"
        raise ActorFailed(story) from error


def _is_complete(event: Event) -> bool:
    """Whether the event has been answered already."""
    promise = event[3]
    return promise is not None and promise.is_settled

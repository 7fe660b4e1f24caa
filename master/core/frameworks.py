"""Frameworks: subscribe, fail over, disconnect, tear down (MA-01 to MA-04, MA-23).

A framework keeps its id for as long as it lives, and its scheduler may be replaced meanwhile: by itself, after it
lost its connection; by another that subscribes with the id; after a failover of the master, when the framework is
known from agents alone. While there is no scheduler its tasks go on, until `failover_timeout` has passed since the
disconnect. What ends is remembered, so that neither a late scheduler nor a late agent brings it back.
"""

from __future__ import annotations

from msgspec.structs import replace

from libprocess_py.pid import PID
from master.core import accept, offers
from master.core.books import Books
from master.core.effects import (
    ActivateFramework,
    AddFramework,
    CancelTimer,
    Count,
    DeactivateFramework,
    Effects,
    Link,
    RemoveFramework,
    Send,
    StartTimer,
    UpdateFramework,
)
from master.core.entities import COMPLETED, CONNECTED, DISCONNECTED, RECOVERED, Framework
from master.core.events import FailoverExpired
from master.core.executors import remove as remove_executor
from master.core.statuses import Verdict
from master.core.tasks import conclude
from master.validation.framework import framework_problem
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import FrameworkId, framework_id
from mesos_py.protocol.messages.master_agent import FrameworkShutdown, SchedulerMoved
from mesos_py.protocol.messages.master_framework import (
    FrameworkError,
    FrameworkSubscribed,
    FrameworkSubscription,
    FrameworkUnsubscription,
)
from mesos_py.protocol.task import Reason, TaskState

REMOVED = "Framework has been removed"
FAILED_OVER = "Framework failed over"


def subscribe(books: Books, sender: PID, *, message: FrameworkSubscription, now: int) -> Effects:
    """Let a scheduler in, or say why not."""
    if problem := _problem(books, sender, message=message):
        return [Count("invalid_framework_subscriptions"), Send(sender, FrameworkError(message=problem))]
    known = message.framework.id or books.framework_by_pid.get(sender)
    if known is None:
        return _add(books, sender, message=message, now=now)
    framework = books.frameworks.get(known)
    if framework is None:  # An earlier master knew it; agents that run its tasks are yet to come.
        return _add(books, sender, message=message, now=now)
    if framework.pid == sender:
        return _subscribe_again(books, framework, message=message)
    return _take_over(books, framework, sender=sender, message=message, now=now)


def _problem(books: Books, sender: PID, *, message: FrameworkSubscription) -> str | None:
    if problem := framework_problem(message.framework, message.suppressed_roles):
        return problem
    id = message.framework.id
    if id is not None and books.is_removed(id):
        return REMOVED
    present = books.framework_by_pid.get(sender)
    if id is not None and present is not None and present != id:
        return f"framework.id {id}: the scheduler is subscribed as {present} already"
    framework = books.frameworks.get(id) if id is not None else None
    if framework is None:
        full = present is None and len(books.frameworks) >= books.limits.frameworks
        return f"the master has {books.limits.frameworks} frameworks and takes no more" if full else None
    if framework.is_connected and framework.pid != sender and not message.force:
        return FAILED_OVER
    return None


def _add(books: Books, sender: PID, *, message: FrameworkSubscription, now: int) -> Effects:
    id = message.framework.id or framework_id(books.settings.master.id, books.next_number("framework"))
    framework = Framework(id, replace(message.framework, id=id), CONNECTED, now, pid=sender, active=True)
    framework.suppressed_roles = message.suppressed_roles
    books.frameworks[id] = framework
    books.framework_by_pid[sender] = id
    books.story.note(f"framework {id}", f"subscribed from {sender}", now=now)
    added = AddFramework(id, framework.info, True, framework.suppressed_roles)
    return [Link(sender), _subscribed(books, framework), added]


def _subscribed(books: Books, framework: Framework) -> Send:
    assert framework.pid is not None
    return Send(framework.pid, FrameworkSubscribed(framework_id=framework.id, master=books.settings.master))


def _subscribe_again(books: Books, framework: Framework, *, message: FrameworkSubscription) -> Effects:
    """The scheduler repeats itself, so it may have missed what was sent to it: offers are made anew (MA-13)."""
    return [
        *offers.rescind(books, framework.offers),
        _subscribed(books, framework),
        *_updated(framework, message),
    ]


def _take_over(books: Books, framework: Framework, *, sender: PID, message: FrameworkSubscription, now: int) -> Effects:
    """A scheduler takes its framework back, or another one's place (MA-02)."""
    effects: Effects = []
    if framework.pid is not None:  # The allocator forgets what the one before refused.
        effects += [Send(framework.pid, FrameworkError(message=FAILED_OVER)), DeactivateFramework(framework.id)]
        for id in tuple(framework.offers):
            effects += offers.withdraw(books, books.offers[id])
        del books.framework_by_pid[framework.pid]
    elif framework.state is DISCONNECTED:
        effects.append(CancelTimer(_timer(framework.id)))
    framework.move(CONNECTED)
    framework.pid = sender
    framework.reregistered_ns = now
    books.framework_by_pid[sender] = framework.id
    books.story.note(f"framework {framework.id}", f"subscribed again from {sender}", now=now)
    effects += [Link(sender), _subscribed(books, framework), *_updated(framework, message)]
    effects.append(ActivateFramework(framework.id))
    moved = SchedulerMoved(framework_id=framework.id, scheduler=sender)
    return [*effects, *(Send(agent.pid, moved) for agent in books.agents_of(framework) if agent.connected)]


def _updated(framework: Framework, message: FrameworkSubscription) -> Effects:
    """What a framework says of itself may change, but for what its running tasks were started with."""
    fixed = framework.info
    framework.info = replace(
        message.framework, id=framework.id, user=fixed.user, checkpoint=fixed.checkpoint, principal=fixed.principal
    )
    framework.suppressed_roles = message.suppressed_roles
    return [UpdateFramework(framework.id, framework.info, framework.suppressed_roles)]


def recover(books: Books, info: FrameworkInfo, *, now: int) -> Effects:
    """An agent runs tasks of a framework that this master does not know: hold its place until its scheduler comes."""
    assert info.id is not None
    assert info.id not in books.frameworks
    assert not books.is_removed(info.id)
    books.frameworks[info.id] = Framework(info.id, info, RECOVERED, now)
    books.story.note(f"framework {info.id}", "recovered from an agent", now=now)
    return [AddFramework(info.id, info, False, ())]


def exited(books: Books, pid: PID, *, now: int) -> Effects:
    """The scheduler is gone; another may come until the failover timeout has passed."""
    framework = books.frameworks[books.framework_by_pid.pop(pid)]
    effects: Effects = [DeactivateFramework(framework.id)]
    for id in tuple(framework.offers):
        effects += offers.withdraw(books, books.offers[id])
    framework.move(DISCONNECTED)
    framework.pid = None
    framework.unregistered_ns = now
    framework.disconnects += 1
    books.story.note(f"framework {framework.id}", f"disconnected from {pid}", now=now)
    expired = FailoverExpired(framework.id, framework.disconnects)
    return [*effects, StartTimer(_timer(framework.id), framework.info.failover_timeout_ns, expired)]


def _timer(id: FrameworkId) -> str:
    return f"failover/{id}"


def failover_expired(books: Books, event: FailoverExpired, *, now: int) -> Effects:
    """Nobody came. A timer of an earlier disconnect means nothing (MA-04)."""
    framework = books.frameworks.get(event.framework_id)
    if framework is None or framework.state is not DISCONNECTED or framework.disconnects != event.disconnect:
        return []
    return remove(books, framework, why="failover timeout", now=now)


def unsubscribe(books: Books, sender: PID, *, message: FrameworkUnsubscription, now: int) -> Effects:
    """The scheduler stops for good."""
    return remove(books, books.framework_of(sender, message.framework_id), why="unsubscribed", now=now)


def teardown(books: Books, id: FrameworkId, *, now: int) -> Effects:
    """An operator ends the framework, in whatever state it is; its scheduler, if there is one, is to stop."""
    framework = books.frameworks.get(id)
    if framework is None:
        return []
    pid = framework.pid
    effects = remove(books, framework, why="torn down by an operator", now=now)
    return effects if pid is None else [*effects, Send(pid, FrameworkError(message=REMOVED))]


def remove(books: Books, framework: Framework, *, why: str, now: int) -> Effects:
    """End a framework: its tasks are killed, and what it holds is free.

    The scheduler hears of it before the agents do.
    """
    effects = accept.abandon_of_framework(books, framework)
    for id in tuple(framework.offers):
        effects += offers.withdraw(books, books.offers[id])
    agents = books.agents_of(framework)
    verdict = Verdict(TaskState.KILLED, Reason.FRAMEWORK_REMOVED, f"Framework removed: {why}")
    for task in tuple(framework.tasks.values()):
        effects += conclude(books, task, verdict=verdict, now=now)
    for agent in agents:
        for key in tuple(agent.executors):
            if key[0] == framework.id:
                effects += remove_executor(books, agent, key=key)
    shutdown = FrameworkShutdown(framework_id=framework.id)
    effects += [Send(agent.pid, shutdown) for agent in agents if agent.connected]
    effects += [RemoveFramework(framework.id), CancelTimer(_timer(framework.id))]
    _complete(books, framework, now=now)
    books.story.note(f"framework {framework.id}", why, now=now)
    return effects


def _complete(books: Books, framework: Framework, *, now: int) -> None:
    for task in tuple(framework.unreachable.values()):
        del framework.unreachable[task.task_id]
        books.remember_completed(framework, task)
    if framework.pid is not None:
        del books.framework_by_pid[framework.pid]
    framework.pid = None
    framework.move(COMPLETED)
    framework.unregistered_ns = now
    del books.frameworks[framework.id]
    books.completed_frameworks[framework.id] = framework
    while len(books.completed_frameworks) > books.settings.max_completed_frameworks:
        del books.completed_frameworks[next(iter(books.completed_frameworks))]

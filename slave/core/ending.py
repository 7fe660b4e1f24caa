"""How executors and their tasks end: killed, shut down, timed out, lost, or by themselves (AG-06, AG-07, TS-13).

An executor is always asked first: a registered one gets a shutdown message and a grace period, then its container is
destroyed; one that has not registered cannot be asked. Whatever happens before, the books change when the container
has ended, so an executor is never forgotten while a process of it may live.
"""

from __future__ import annotations

from typing import Final

from libprocess_py.exit_words import exit_words
from libprocess_py.pid import PID
from mesos_py.protocol.messages.agent_executor import ExecutorShutdown, ExecutorTaskKill
from mesos_py.protocol.messages.master_agent import AgentUnregistration, ExecutorExited, FrameworkShutdown, TaskKill
from mesos_py.protocol.task import Reason, TaskState
from slave.containerizer.container import LaunchOutcome, Termination
from slave.core.books import Books
from slave.core.effects import (
    NOTHING,
    CancelTimer,
    DestroyContainer,
    Effect,
    Effects,
    Exit,
    RemoveContainer,
    Send,
    StartTimer,
    note,
)
from slave.core.events import (
    ContainerEnded,
    ContainerLaunched,
    ExecutorRegistrationTimeout,
    ExecutorShutdownTimeout,
)
from slave.core.executors import REGISTRATION, SHUTDOWN, Ending, Executor, Phase
from slave.core.frameworks import Framework
from slave.core.registration import Phase as AgentPhase
from slave.core.statuses import Verdict, acknowledge_all, agent_status, book_status, refuse

UNSEEN_STATUS: Final = 255  # What an executor that was never seen to end is said to have exited with.

TIMED_OUT: Final = Ending(
    state=TaskState.FAILED, reason=Reason.EXECUTOR_REGISTRATION_TIMEOUT, message="Executor did not register in time"
)
NO_TASKS: Final = Ending(state=None, reason=Reason.EXECUTOR_TERMINATED, message="All its tasks were killed first")
LINK_LOST: Final = Ending(state=None, reason=Reason.EXECUTOR_TERMINATED, message="Executor closed its connection")
FRAMEWORK_REMOVED: Final = Ending(state=None, reason=Reason.FRAMEWORK_REMOVED, message="Framework was removed")
AGENT_STOPS: Final = Ending(state=None, reason=Reason.EXECUTOR_TERMINATED, message="Agent is shutting down")
KILLED_WHILE_QUEUED: Final = Verdict(
    state=TaskState.KILLED,
    reason=Reason.TASK_KILLED_DURING_LAUNCH,
    message="Task was killed before it was delivered to its executor",
)


def kill_task(books: Books, kill: TaskKill, *, now: int) -> Effects:
    """Stop a task. A queued one never starts, one that has ended needs nothing, one unknown here is lost."""
    framework = books.frameworks.get(kill.framework_id)
    executor = framework.tasks.get(kill.task_id) if framework is not None else None
    if executor is None:
        return _kill_unknown(books, kill, now=now)
    if kill.task_id in executor.tasks.queued:
        status = agent_status(books, kill.task_id, verdict=KILLED_WHILE_QUEUED, now=now, executor=executor)
        effects = book_status(books, executor, status=status)
        if executor.phase is Phase.REGISTERING and executor.tasks.is_idle:
            return *effects, *shut_down(books, executor, ending=NO_TASKS)
        return effects
    booked = executor.tasks.launched.get(kill.task_id)
    if booked is None or executor.phase is not Phase.RUNNING or executor.pid is None:
        return NOTHING  # It ends with its executor, or has ended: an update says so.
    order = ExecutorTaskKill(task_id=kill.task_id, grace_ns=booked.info.kill_grace_ns, token=executor.token)
    return (Send(to=executor.pid, message=order),)


def _kill_unknown(books: Books, kill: TaskKill, *, now: int) -> Effects:
    if books.updates.has_stream(kill.framework_id, kill.task_id):
        return NOTHING  # Its end is on the way already.
    verdict = Verdict(state=TaskState.LOST, reason=Reason.TASK_UNKNOWN, message="Agent does not know the task")
    return refuse(books, kill.framework_id, status=agent_status(books, kill.task_id, verdict=verdict, now=now))


def shut_down(books: Books, executor: Executor, *, ending: Ending) -> Effects:
    """Ask an executor to end, and see to it. Harmless for one that ends already."""
    if executor.phase in (Phase.TERMINATING, Phase.TERMINATED):
        return NOTHING
    pid = executor.pid
    executor.terminating(ending)
    cancel = CancelTimer(key=executor.timer(REGISTRATION))
    said = note("executor_shut_down", executor=executor.id, framework=executor.framework_id, why=ending.message)
    if pid is None:
        return said, cancel, DestroyContainer(container_id=executor.container_id, grace_ns=0)
    grace_ns = executor.info.shutdown_grace_ns
    timer = StartTimer(
        key=executor.timer(SHUTDOWN),
        delay_ns=books.settings.executor_shutdown_grace_ns if grace_ns is None else grace_ns,
        event=ExecutorShutdownTimeout(container_id=executor.container_id),
    )
    if ending is LINK_LOST:
        return said, cancel, timer  # Nobody is there to be asked; most often its container ends in this moment.
    return said, cancel, Send(to=pid, message=ExecutorShutdown(token=executor.token)), timer


def shut_down_framework(books: Books, shutdown: FrameworkShutdown) -> Effects:
    """The master has removed the framework: end its executors, and tell nobody."""
    framework = books.frameworks.get(shutdown.framework_id)
    if framework is None:
        return books.updates.remove_framework(shutdown.framework_id)
    framework.is_terminating = True
    executors = tuple(framework.executors.values())
    effects: list[Effect] = [effect for executor in executors for effect in acknowledge_all(books, executor)]
    effects.extend(books.updates.remove_framework(framework.id))
    for executor in executors:
        for task_id in tuple(executor.tasks.terminated):
            framework.complete(task_id)
        effects.extend(shut_down(books, executor, ending=FRAMEWORK_REMOVED))
        books.retire(executor)
    return tuple(effects)


def shut_down_agent(books: Books, why: str) -> Effects:
    """The agent ends: its executors first."""
    if books.registration.phase is AgentPhase.TERMINATING:
        return NOTHING
    effects: list[Effect] = [note("agent_shuts_down", why=why), *books.registration.terminating()]
    for executor in tuple(books.containers.values()):
        effects.extend(acknowledge_all(books, executor))
        effects.extend(shut_down(books, executor, ending=AGENT_STOPS))
    return *effects, *exit_when_done(books)


def exit_when_done(books: Books) -> Effects:
    """A terminating agent goes when its last container has ended, and says so to a master that knows it."""
    registration = books.registration
    if registration.phase is not AgentPhase.TERMINATING or books.containers:
        return NOTHING
    if registration.master is None or registration.agent_id is None:
        return (Exit(),)
    return Send(to=registration.master, message=AgentUnregistration(agent_id=registration.agent_id)), Exit()


def executor_exited(books: Books, pid: PID) -> Effects:
    """The link to whoever this was broke: an executor is on its way out, or will be made to go."""
    executor = books.speakers.get(pid)
    return NOTHING if executor is None else shut_down(books, executor, ending=LINK_LOST)


def registration_timeout(books: Books, event: ExecutorRegistrationTimeout) -> Effects:
    executor = books.containers.get(event.container_id)
    if executor is None or executor.phase is not Phase.REGISTERING:
        return NOTHING
    return shut_down(books, executor, ending=TIMED_OUT)


def shutdown_timeout(books: Books, event: ExecutorShutdownTimeout) -> Effects:
    """The grace is over; the processes of the container get none of their own."""
    executor = books.containers.get(event.container_id)
    if executor is None or executor.phase is not Phase.TERMINATING:
        return NOTHING
    return (DestroyContainer(container_id=executor.container_id, grace_ns=0),)


def container_launched(books: Books, event: ContainerLaunched) -> Effects:
    """Whether the launch failed decides only what is said about it: the end of the container comes by itself."""
    executor = books.containers.get(event.container_id)
    if executor is None or event.outcome is not LaunchOutcome.FAILED:
        return NOTHING
    books.counters["container_launch_errors"] += 1
    if executor.ending is None:
        executor.ending = Ending(state=TaskState.FAILED, reason=Reason.CONTAINER_LAUNCH_FAILED, message="")
    return NOTHING


def container_ended(books: Books, event: ContainerEnded, *, now: int) -> Effects:
    """No process of the executor is left: its live tasks have ended, too."""
    executor = books.containers.pop(event.container_id, None)
    if executor is None:
        return NOTHING
    if executor.pid is not None:
        del books.speakers[executor.pid]
    framework = books.frameworks[executor.framework_id]
    verdict = _verdict(framework, executor, termination=event.termination)
    framework.ended(executor)
    books.counters["executors_terminated"] += 1
    effects: list[Effect] = [
        CancelTimer(key=executor.timer(REGISTRATION)),
        CancelTimer(key=executor.timer(SHUTDOWN)),
        RemoveContainer(container_id=executor.container_id),
        note("executor_terminated", executor=executor.id, framework=framework.id, how=verdict.message),
    ]
    for booked in tuple(executor.tasks.alive()):
        status = agent_status(books, booked.info.task_id, verdict=verdict, now=now, executor=executor)
        effects.extend(book_status(books, executor, status=status))
    effects.extend(_tell_master(books, executor, termination=event.termination))
    books.retire(executor)
    return *effects, *exit_when_done(books)


def _verdict(framework: Framework, executor: Executor, *, termination: Termination) -> Verdict:
    """What an ended executor's live tasks have become: a command task failed; what others did is lost (AG-07)."""
    ending = executor.ending or Ending(state=None, reason=Reason.EXECUTOR_TERMINATED, message="Executor terminated")
    stopped = ending is AGENT_STOPS
    default = TaskState.FAILED if executor.is_command_executor and not stopped else framework.lost_state
    message = "; ".join(part for part in (ending.message, how_it_ended(termination)) if part)
    return Verdict(state=ending.state or default, reason=ending.reason, message=message)


def how_it_ended(termination: Termination) -> str:
    """An end as people read it."""
    return termination.message or exit_words(termination.exit_status)


def _tell_master(books: Books, executor: Executor, *, termination: Termination) -> Effects:
    """Command executors are the agent's own affair, and a removed framework nobody's."""
    master = books.registration.master
    is_known_to_master = not executor.is_command_executor and not books.frameworks[executor.framework_id].is_terminating
    if master is None or books.updates.is_paused or not is_known_to_master:
        return NOTHING
    exited = ExecutorExited(
        agent_id=books.agent_id,
        framework_id=executor.framework_id,
        executor_id=executor.id,
        exit_status=UNSEEN_STATUS if termination.exit_status is None else termination.exit_status,
    )
    return (Send(to=master, message=exited),)

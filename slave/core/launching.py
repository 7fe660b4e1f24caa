"""Launching tasks (AG-04, AG-05): find or make the executor, and hand it the task once it has registered.

Order is kept per executor: what comes in while it registers waits in its queue, in order. A kill that comes meanwhile
wins, because it takes the task out of the queue.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from libprocess_py.pid import PID
from mesos_py.protocol.ids import ContainerId, ExecutorId, FrameworkId, id_problem
from mesos_py.protocol.messages.agent_executor import (
    ExecutorRegistered,
    ExecutorRegistration,
    ExecutorShutdown,
    ExecutorTaskLaunch,
)
from mesos_py.protocol.messages.master_agent import TaskLaunch
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, Reason, TaskInfo, TaskState
from slave.containerizer.container import ContainerConfig
from slave.core import paths
from slave.core.books import Books
from slave.core.commands import launch_problem
from slave.core.effects import (
    NOTHING,
    CancelTimer,
    Effects,
    LaunchContainer,
    Link,
    Send,
    StartTimer,
    UpdateContainer,
    note,
)
from slave.core.environment import executor_environment
from slave.core.events import ExecutorRegistrationTimeout
from slave.core.executors import REGISTRATION, Executor, Phase
from slave.core.frameworks import Framework
from slave.core.problems import BadTask, BadToken, WrongAgent
from slave.core.settings import COMMAND_EXECUTOR_RESOURCES, AgentSettings
from slave.core.statuses import Verdict, agent_status, refuse
from slave.core.tasks import BookedTask, TaskBook, task_of

COMMAND_SHOWN_MAX: Final = 256  # Of a command in the name of its executor: names are for people.


def launch_task(books: Books, launch: TaskLaunch, *, now: int) -> Effects:
    """A task from the leading master."""
    check_task(books, launch)
    known = books.frameworks.get(framework_id_of(launch))
    if known is not None and known.is_terminating:
        return (note("task_dropped", task=launch.task.task_id, why="its framework is being shut down"),)
    if problem := launch_problem(launch):
        verdict = Verdict(state=TaskState.ERROR, reason=Reason.TASK_INVALID, message=problem)
        status = agent_status(books, launch.task.task_id, verdict=verdict, now=now)
        return refuse(books, framework_id_of(launch), status=status)
    framework = books.admit_framework(launch.framework, launch.scheduler)
    info = executor_info(launch, books.settings)
    executor = framework.live.get(info.executor_id)
    if executor is None:
        return _start_executor(books, framework, info=info, launch=launch)
    refused = refusal(framework, executor, info=info)
    if refused is not None:
        status = agent_status(books, launch.task.task_id, verdict=refused, now=now, executor=executor)
        return refuse(books, framework.id, status=status)
    framework.enqueue(executor, _booked(books, executor, info=launch.task))
    return deliver(executor) if executor.phase is Phase.RUNNING else NOTHING


def framework_id_of(launch: TaskLaunch) -> FrameworkId:
    """Raises BadTask if the master left it out."""
    if launch.framework.id is None:
        raise BadTask(f"task {launch.task.task_id}: framework.id: expected an id")
    return launch.framework.id


def check_task(books: Books, launch: TaskLaunch) -> None:
    """Raise ProtocolError for a task that is not for this agent, or that the books cannot hold."""
    task, framework_id = launch.task, framework_id_of(launch)
    if task.agent_id != books.agent_id:
        raise WrongAgent(f"task {task.task_id} is for agent {task.agent_id}, this agent is {books.agent_id}")
    if (launch.executor is None) != (task.command is not None):
        raise BadTask(f"task {task.task_id}: expected either an executor or a command")
    executor_id = task.task_id if launch.executor is None else launch.executor.executor_id
    for name, value in (("task_id", task.task_id), ("framework.id", framework_id), ("executor_id", executor_id)):
        if problem := id_problem(value):
            raise BadTask(f"task {task.task_id!r}: {name} {problem}")
    framework = books.frameworks.get(framework_id)
    is_held = framework is not None and task.task_id in framework.tasks
    if is_held or books.updates.has_stream(framework_id, task.task_id):
        raise BadTask(f"task {task.task_id} of framework {framework_id} is here already")


def executor_info(launch: TaskLaunch, settings: AgentSettings) -> ExecutorInfo:
    """The task's executor; for a command task the command executor, under the task's own id (EX-01)."""
    framework_id, command = launch.framework.id, launch.task.command
    if launch.executor is not None:
        return replace(launch.executor, framework_id=framework_id)
    assert command is not None
    shown = command.value if command.shell else " ".join((command.value, *command.arguments))
    shown = f"sh -c '{shown}'" if command.shell else shown
    return ExecutorInfo(
        executor_id=ExecutorId(launch.task.task_id),
        command=CommandInfo(value=settings.command_executor, user=command.user),
        framework_id=framework_id,
        resources=COMMAND_EXECUTOR_RESOURCES,
        name=f"Command Executor (Task: {launch.task.task_id}) (Command: {shown[:COMMAND_SHOWN_MAX]})",
        source=launch.task.task_id,
    )


def refusal(framework: Framework, executor: Executor, *, info: ExecutorInfo) -> Verdict | None:
    """Why a live executor cannot take a task that asks for `info`, or None."""
    if executor.phase is Phase.TERMINATING:
        state = TaskState.DROPPED if framework.lost_state is TaskState.GONE else TaskState.LOST
        return Verdict(state=state, reason=Reason.EXECUTOR_TERMINATED, message="Executor is terminating")
    if executor.info != info:
        message = f"Executor {executor.id} runs here already, and is another one"
        return Verdict(state=TaskState.ERROR, reason=Reason.TASK_INVALID, message=message)
    return None


def _booked(books: Books, executor: Executor, *, info: TaskInfo) -> BookedTask:
    executor_id = None if executor.is_command_executor else executor.id
    return BookedTask(
        info=info, task=task_of(info, executor.framework_id, agent_id=books.agent_id, executor_id=executor_id)
    )


def _start_executor(books: Books, framework: Framework, *, info: ExecutorInfo, launch: TaskLaunch) -> Effects:
    settings = books.settings
    container_id = ContainerId(books.chance.unique_id())
    directory = paths.executor_directory(
        settings.work_dir, books.agent_id, framework_id=framework.id, executor_id=info.executor_id
    )
    executor = Executor(
        info,
        framework.id,
        container_id=container_id,
        token=books.chance.unique_id(),
        sandbox=paths.run_directory(directory, container_id),
    )
    executor.is_command_executor = launch.executor is None
    executor.tasks = TaskBook(settings.completed_tasks_max)
    framework.add(executor)
    books.containers[container_id] = executor
    framework.enqueue(executor, _booked(books, executor, info=launch.task))
    config = ContainerConfig(
        container_id=container_id,
        command=info.command,
        environment=executor_environment(executor, agent_id=books.agent_id, settings=settings),
        sandbox=executor.sandbox,
        resources=executor.resources,
        user=(info.command.user or framework.info.user or None) if settings.switch_user else None,
    )
    timeout = ExecutorRegistrationTimeout(container_id=container_id)
    return (
        note("executor_starting", executor=info.executor_id, framework=framework.id, container=container_id),
        LaunchContainer(config=config, latest=paths.latest_link(directory)),
        StartTimer(key=executor.timer(REGISTRATION), delay_ns=settings.executor_registration_timeout_ns, event=timeout),
    )


def register_executor(books: Books, sender: PID, *, registration: ExecutorRegistration) -> Effects:
    """An executor is up, and proves with its token that it is the one that was started. Repeats are answered again."""
    executor = books.executor(registration.framework_id, registration.executor_id)
    if not executor.proves(registration.token):
        raise BadToken(f"executor {executor.id} of framework {executor.framework_id} registers with a wrong token")
    if executor.phase is Phase.TERMINATING:
        return (Send(to=sender, message=ExecutorShutdown(token=executor.token)),)
    if executor.phase is Phase.RUNNING:
        if executor.pid != sender:
            raise BadToken(f"executor {executor.id} registers from {sender}, but it has from {executor.pid}")
        return (Send(to=sender, message=_welcome(books, executor)),)
    if sender in books.speakers:
        raise BadToken(f"{sender} registers as executor {executor.id}, but is {books.speakers[sender].id}")
    executor.registered(sender)
    books.speakers[sender] = executor
    return (
        CancelTimer(key=executor.timer(REGISTRATION)),
        Link(to=sender),
        note("executor_registered", executor=executor.id, framework=executor.framework_id, at=sender),
        Send(to=sender, message=_welcome(books, executor)),
        *deliver(executor),
    )


def _welcome(books: Books, executor: Executor) -> ExecutorRegistered:
    return ExecutorRegistered(
        executor=executor.info,
        framework=books.frameworks[executor.framework_id].info,
        agent=replace(books.settings.info, id=books.agent_id),
        container_id=executor.container_id,
        token=executor.token,
    )


def deliver(executor: Executor) -> Effects:
    """Hand a registered executor all that is queued, in order."""
    assert executor.pid is not None
    update = UpdateContainer(container_id=executor.container_id, resources=executor.resources)
    sends = [
        Send(
            to=executor.pid,
            message=ExecutorTaskLaunch(task=executor.tasks.launch(task_id).info, token=executor.token),
        )
        for task_id in tuple(executor.tasks.queued)
    ]
    return update, *sends

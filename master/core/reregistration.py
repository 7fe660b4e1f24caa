"""Agents that return with an id (MA-06), and what they bring back (HA-04, TS-08).

Theory of operation. An agent re-registers after a failover of the master, after it was taken for unreachable, or
after its connection broke. Its report is the truth about what runs on it:

* What the master did not know runs on: tasks come into the books, their frameworks are held as recovered if need be.
* What the master believed in and the agent does not report has ended. It may have been on its way, so a kill follows
  it.
* What belongs to a framework that has ended is shut down.

Whoever is registered returns at once; others are put on record first. An agent keeps its host and port for life:
somebody with the same id elsewhere is another, and is told to go.

The allocator cannot be told of use that did not begin with an offer, except when an agent is added. So an agent that
brings such use is taken out and added again there, after everything that is held on it came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from libprocess_py.pid import PID
from master.core import accept, agent_health, departures, frameworks, offers
from master.core.books import Books
from master.core.effects import (
    ActivateAgent,
    AddAgent,
    Count,
    Effects,
    Link,
    Persist,
    RemoveAgent,
    Send,
    UpdateAgent,
)
from master.core.entities import Agent, Framework
from master.core.errors import InvalidCall, StrangeSender
from master.core.events import AgentReadmitted
from master.core.executors import remove as remove_executor
from master.core.statuses import Verdict, lost_or, status_of, tell
from master.core.tasks import conclude, kill_on
from master.validation.agent import reregistration_problem
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.messages.master_agent import (
    AgentReregistered,
    AgentReregistration,
    AgentShutdown,
    FrameworkShutdown,
    RunningExecutor,
    SchedulerMoved,
    TaskKill,
)
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import Reason, Task, TaskState


def reregister(books: Books, sender: PID, *, message: AgentReregistration, now: int) -> Effects:
    """Let an agent back in, at once or after it is on record."""
    if problem := reregistration_problem(message, lambda id: id in books.frameworks or books.is_removed(id)):
        raise InvalidCall(problem)
    if not _has_room(books, message):
        raise InvalidCall(f"frameworks: the master takes no more than {books.limits.frameworks}")
    id = message.agent.id
    assert id is not None
    if not books.may_return(id):
        raise InvalidCall(f"agent.id {id}: this master gave no such id")
    if name := _used_twice(books, message):
        raise InvalidCall(f"tasks, executors: {name!r} uses what another uses")
    if sender in books.admitting:
        return []
    if any(admitted == id for admitted in books.admitting.values()):
        raise StrangeSender(f"agent.id {id}: an agent of that id is being put on record from elsewhere")
    known = books.agents.get(id)
    if known is not None:
        return _known_returns(books, known, sender=sender, message=message, now=now)
    effects: Effects = []
    if sender in books.agent_by_pid:
        present = books.agents[books.agent_by_pid[sender]]
        effects += departures.remove(books, present, departure=departures.REPLACED, now=now)
    elif len(books.agents) + len(books.admitting) >= books.limits.agents:
        raise InvalidCall(f"the master has {books.limits.agents} agents and takes no more")
    books.admitting[sender] = id
    return [*effects, Persist(AgentReadmitted(sender, message))]


def _used_twice(books: Books, message: AgentReregistration) -> str | None:
    """Who uses ports, or other things that exist once, that somebody before uses. Of what is known the books count."""
    used = NOTHING
    for name, resources in _reported_use(books, message):
        both = used + resources
        if both - resources != used:
            return name
        used = both
    return None


def _reported_use(books: Books, message: AgentReregistration) -> Iterator[tuple[str, Resources]]:
    assert message.agent.id is not None
    agent = books.agents.get(message.agent.id)
    reported = {(each.framework_id, each.executor.executor_id): each for each in reversed(message.executors)}
    for key, running in reported.items():  # The first of each name, as it is taken over.
        known = running if agent is None else agent.executors.get(key, running)
        yield key[1], known.executor.resources.unallocate()
    for task in message.tasks:
        is_known = agent is not None and (task.framework_id, task.task_id) in agent.tasks
        booked = books.frameworks[task.framework_id].tasks[task.task_id] if is_known else task
        if not booked.state.is_terminal:
            yield task.task_id, booked.resources.unallocate()


def _has_room(books: Books, message: AgentReregistration) -> bool:
    new = sum(info.id not in books.frameworks for info in message.frameworks)
    return not new or len(books.frameworks) + new <= books.limits.frameworks


# An agent that is not registered here.


def readmitted(books: Books, event: AgentReadmitted, *, now: int) -> Effects:
    """An agent of an earlier master, or one that was unreachable, is on record again."""
    message = event.registration
    id = message.agent.id
    assert id is not None
    assert books.admitting.get(event.sender) == id, "an agent is admitted once for each time it asked"
    del books.admitting[event.sender]
    if not _has_room(books, message):  # Others came first while this one was put on record. It asks again.
        return []
    books.unreachable_agents.pop(id, None)
    agent = Agent(
        id=id,
        info=message.agent,
        pid=event.sender,
        version=message.version,
        registered_ns=now,
        reregistered_ns=now,
        instance=books.next_number("instance"),
    )
    books.agents[id] = agent
    books.agent_by_pid[agent.pid] = id
    books.story.note(f"agent {id}", f"readmitted from {agent.pid}", now=now)
    recovered = _recover_frameworks(books, message, now=now)
    adopted = _adopt(books, agent, message=message, now=now)
    _remember_history(books, message)
    used = tuple(books.used_on(agent).items())
    return [
        *_welcome(books, agent),
        *recovered,
        AddAgent(agent.id, agent.info, used, agent.instance),
        *_brief(books, agent, message=message),
        *adopted,
        *agent_health.start(books, agent),
    ]


def _welcome(books: Books, agent: Agent) -> Effects:
    patience_ns = books.settings.ping_patience_ns
    answer = AgentReregistered(agent_id=agent.id, ping_timeout_ns=patience_ns)
    return [Link(agent.pid), Send(agent.pid, answer), Count("slave_reregistrations")]


def _recover_frameworks(books: Books, message: AgentReregistration, *, now: int) -> Effects:
    """Hold a place for frameworks that run something there."""
    busy = {task.framework_id for task in message.tasks} | {running.framework_id for running in message.executors}
    effects: Effects = []
    for info in message.frameworks:
        assert info.id is not None
        known = info.id in books.frameworks or books.is_removed(info.id)
        if info.id in busy and not known:
            effects += frameworks.recover(books, info, now=now)
    return effects


def _adopt(books: Books, agent: Agent, *, message: AgentReregistration, now: int) -> Effects:
    """Take into the books what runs on the agent and is not there yet."""
    for running in message.executors:
        framework = books.frameworks.get(running.framework_id)
        key = (running.framework_id, running.executor.executor_id)
        if framework is not None and key not in agent.executors:
            agent.executors[key] = _booked_executor(framework, running)
    effects: Effects = []
    for task in message.tasks:
        owner = books.frameworks.get(task.framework_id)
        if owner is not None and (task.framework_id, task.task_id) not in agent.tasks:
            effects += _adopt_task(books, agent, task=task, framework=owner, now=now)
    return effects


def _booked_executor(framework: Framework, running: RunningExecutor) -> RunningExecutor:
    resources = _allocated(framework, running.executor.resources)
    return replace(running, executor=replace(running.executor, resources=resources))


def _allocated(framework: Framework, resources: Resources) -> Resources:
    """Use is booked by role; an agent that does not know the role reports it without."""
    if all(kind.allocation_role is not None for kind in resources.kinds):
        return resources
    return resources.unallocate().allocate(framework.info.roles[0])


def _adopt_task(books: Books, agent: Agent, *, task: Task, framework: Framework, now: int) -> Effects:
    away = framework.unreachable.get(task.task_id)
    if task.task_id in framework.tasks or task.task_id in framework.pending or (away and away.agent_id != agent.id):
        # The framework has launched it elsewhere under the same id; there must be one.
        return [Send(agent.pid, TaskKill(framework_id=framework.id, task_id=task.task_id))]
    framework.unreachable.pop(task.task_id, None)
    statuses = tuple(replace(status, data=b"") for status in task.statuses)
    books.add_task(replace(task, resources=_allocated(framework, task.resources), statuses=statuses))
    books.story.note(f"task {task.task_id}", f"reported by {agent.id} as {task.state.value}", now=now)
    if away is None or task.state.is_terminal:
        return []
    verdict = Verdict(task.state, Reason.SLAVE_REREGISTERED, "The agent is back, and the task with it")
    return tell(framework, status_of(task.task_id, agent.id, verdict=verdict, now=now))


def _brief(books: Books, agent: Agent, *, message: AgentReregistration) -> Effects:
    """Tell the agent what it may have missed: the ends of frameworks, and where schedulers are now."""
    effects: Effects = []
    for id in _reported_frameworks(message):
        framework = books.frameworks.get(id)
        if books.is_removed(id):
            effects.append(Send(agent.pid, FrameworkShutdown(framework_id=id)))
        elif framework is not None and framework.pid is not None:
            effects.append(Send(agent.pid, SchedulerMoved(framework_id=id, scheduler=framework.pid)))
    return effects


def _reported_frameworks(message: AgentReregistration) -> Iterable[FrameworkId]:
    """In the order of the report, each once."""
    ids = [info.id for info in message.frameworks if info.id is not None]
    ids += [running.framework_id for running in message.executors]
    ids += [task.framework_id for task in message.tasks]
    return dict.fromkeys(ids)


def _remember_history(books: Books, message: AgentReregistration) -> None:
    """MA-24: a new master shows what agents remember of the past."""
    known: dict[FrameworkId, dict[object, None]] = {}
    for task in message.completed_tasks:
        framework = books.frameworks.get(task.framework_id)
        if framework is None or not task.state.is_terminal or task.task_id in framework.tasks:
            continue
        if framework.id not in known:
            known[framework.id] = {each.task_id: None for each in framework.completed}
        if task.task_id not in known[framework.id]:
            known[framework.id][task.task_id] = None
            statuses = tuple(replace(status, data=b"") for status in task.statuses)
            books.remember_completed(framework, replace(task, statuses=statuses))


# An agent that is registered here.


def _known_returns(books: Books, agent: Agent, *, sender: PID, message: AgentReregistration, now: int) -> Effects:
    if agent.pid.address != sender.address or agent.info.hostname != message.agent.hostname:
        return [Send(sender, AgentShutdown(message=f"An agent does not move: {agent.id} is at {agent.pid}"))]
    if agent.pid != sender and (agent.connected or sender in books.agent_by_pid):
        raise StrangeSender(f"agent.id {agent.id}: expected a call from {agent.pid}, got one from {sender}")
    was_connected = agent.connected
    del books.agent_by_pid[agent.pid]
    books.agent_by_pid[sender] = agent.id
    agent.pid = sender
    agent.connected = True
    agent.reregistered_ns = now
    agent.version = message.version
    books.story.note(f"agent {agent.id}", f"returned from {sender}", now=now)
    kills = tuple(agent.kills)
    agent.kills.clear()
    effects = [*_welcome(books, agent), *_updated(books, agent, message=message)]
    effects += _conclude_unreported(books, agent, message=message, now=now)
    effects += _recover_frameworks(books, message, now=now)
    effects += _adopt_returned(books, agent, message=message, was_connected=was_connected, now=now)
    effects += _brief(books, agent, message=message)
    for framework_id, task_id in kills:
        if (framework_id, task_id) in agent.tasks:
            effects += kill_on(agent, books.frameworks[framework_id].tasks[task_id])
    return [*effects, *agent_health.start(books, agent)]


def _updated(books: Books, agent: Agent, *, message: AgentReregistration) -> Effects:
    """What the agent says of itself may change, and offers that say otherwise are void."""
    if message.agent == replace(agent.info, id=agent.id):
        return []
    agent.info = message.agent
    return [*offers.rescind(books, agent.offers), UpdateAgent(agent.id, agent.info)]


def _conclude_unreported(books: Books, agent: Agent, *, message: AgentReregistration, now: int) -> Effects:
    """What the agent does not have, or no longer, has ended."""
    tasks = {(task.framework_id, task.task_id) for task in message.tasks}
    executors = {(running.framework_id, running.executor.executor_id) for running in message.executors}
    effects: Effects = []
    for framework_id, task_id in tuple(agent.tasks):
        if (framework_id, task_id) not in tasks:
            framework = books.frameworks[framework_id]
            lost = lost_or(TaskState.GONE, framework)
            verdict = Verdict(lost, Reason.RECONCILIATION, "The returning agent does not know the task")
            task = framework.tasks[task_id]
            if not task.state.is_terminal:  # Its launch may be on its way, and come after the report was made.
                effects += kill_on(agent, task)
            effects += conclude(books, task, verdict=verdict, now=now)
    for key in tuple(agent.executors):
        if key not in executors:
            effects += remove_executor(books, agent, key=key)
    return effects


def _adopt_returned(
    books: Books, agent: Agent, *, message: AgentReregistration, was_connected: bool, now: int
) -> Effects:
    """Tasks and executors that were given up, and are there.

    Terminal ones are not: their last update may be dealt with.
    """
    alive = replace(message, tasks=tuple(task for task in message.tasks if not task.state.is_terminal))
    had = (len(agent.tasks), len(agent.executors))
    adopted = _adopt(books, agent, message=alive, now=now)
    if had == (len(agent.tasks), len(agent.executors)):
        return [*adopted, *(() if was_connected else (ActivateAgent(agent.id),))]
    agent.instance = books.next_number("instance")
    agent.booked = False
    return [
        *accept.abandon_of_agent(books, agent, message="The agent returned before the launch", now=now),
        *offers.rescind(books, agent.offers),
        RemoveAgent(agent.id),
        AddAgent(agent.id, agent.info, tuple(books.used_on(agent).items()), agent.instance),
        *adopted,
    ]

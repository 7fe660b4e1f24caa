"""Executors in the master's books, and bytes on their way to them (MA-22).

An executor's resources are used until it ends.
"""

from __future__ import annotations

from libprocess_py.pid import PID
from master.core.books import Books
from master.core.effects import Count, Effects, RecoverUsed, Send
from master.core.entities import Agent, ExecutorKey
from master.core.errors import InvalidCall
from mesos_py.protocol.messages.master_agent import ExecutorExited
from mesos_py.protocol.messages.master_framework import ExecutorLost, SchedulerToExecutor


def exited(books: Books, sender: PID, *, message: ExecutorExited) -> Effects:
    """An executor ended: its resources are free, and the scheduler may want to know.

    Its tasks are reported one by one.
    """
    agent = books.agent_of(sender)
    if message.agent_id != agent.id:
        raise InvalidCall(f"agent_id {message.agent_id}: expected {agent.id}")
    effects = remove(books, agent, key=(message.framework_id, message.executor_id))
    framework = books.frameworks.get(message.framework_id)
    if framework is not None and framework.pid is not None:
        lost = ExecutorLost(agent_id=agent.id, executor_id=message.executor_id, exit_status=message.exit_status)
        effects.append(Send(framework.pid, lost))
    return effects


def remove(books: Books, agent: Agent, *, key: ExecutorKey) -> Effects:
    """Off the agent's page, if it is there, and its resources back."""
    running = agent.executors.pop(key, None)
    if running is None or not running.executor.resources:
        return []
    return [RecoverUsed(key[0], agent.id, running.executor.resources)]


def message_to(books: Books, sender: PID, *, message: SchedulerToExecutor) -> Effects:
    """Pass bytes on; best effort."""
    books.framework_of(sender, message.framework_id)
    agent = books.agents.get(message.agent_id)
    if agent is None or not agent.connected:
        return [Count("invalid_framework_to_executor_messages")]
    return [Count("valid_framework_to_executor_messages"), Send(agent.pid, message)]

"""The agent's flags, under Mesos' names and with Mesos' defaults."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from libprocess_py.flags import flag, one_of, parse_bool, parse_count
from libprocess_py.runtime.addresses import resolved
from libprocess_py.runtime.settings import parse_ip, parse_port
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.detector import parse_master
from mesos_py.protocol.durations import format_duration, parse_duration
from mesos_py.protocol.resources import Resources
from slave.core import settings
from slave.core.commands import environment_problem

DEFAULT_PORT = 5051
HIDDEN = "*"  # Stands for values that may be secrets.
ONLY_ISOLATION = "posix"  # Others come with their isolators.


def parse_environment(text: str) -> tuple[tuple[str, str], ...]:
    """A JSON object of texts that can be environment variables. Raises ValueError."""
    try:
        variables = tuple(msgspec.json.decode(text, type=dict[str, str]).items())
    except msgspec.MsgspecError as error:
        raise ValueError(f"expected a JSON object of texts: {error}") from None
    if problem := environment_problem(variables):
        raise ValueError(problem)
    return variables


def show_environment(variables: tuple[tuple[str, str], ...]) -> str:
    """Their names."""
    return msgspec.json.encode({name: HIDDEN for name, _ in variables}).decode() if variables else ""


def _master(text: str) -> str:
    parse_master(resolved(text))
    return text


def _resources(text: str) -> str:
    Resources.parse(text)
    return text


def _attributes(text: str) -> str:
    Attributes.parse(text)
    return text


@dataclass(frozen=True, kw_only=True)
class AgentFlags:
    """What an agent can be told at its start."""

    master: str = flag("The master, as host:port.", parse=_master)
    ip: str = flag("Address to listen on.", default="127.0.0.1", parse=parse_ip)
    port: int = flag("Port to listen on; 0: any.", default=DEFAULT_PORT, parse=parse_port)
    advertise_ip: str | None = flag(
        "Address at which others reach the agent, if not that.", default=None, parse=parse_ip
    )
    advertise_port: int | None = flag("Port at which they do, likewise.", default=None, parse=parse_port)
    hostname: str | None = flag("The name to show; by default that of the machine.", default=None)
    work_dir: str = flag("Where sandboxes are made.", default="/var/lib/mesos/agent")
    remove_work_dir_on_exit: bool = flag("Remove the work directory at the end.", default=False, parse=parse_bool)
    resources: str = flag(
        "Resources to offer, as name(role):value;...; what it does not name is detected.", default="", parse=_resources
    )
    attributes: str = flag("Attributes of the machine, as name:value;...", default="", parse=_attributes)
    executor_registration_timeout: int = flag(
        "How long an executor may take to register.",
        default=settings.EXECUTOR_REGISTRATION_TIMEOUT_NS,
        parse=parse_duration,
        show=format_duration,
    )
    executor_shutdown_grace_period: int = flag(
        "How long an executor may take to shut down.",
        default=settings.EXECUTOR_SHUTDOWN_GRACE_NS,
        parse=parse_duration,
        show=format_duration,
    )
    registration_backoff_factor: int = flag(
        "The longest wait before the first attempt to register; doubled for every further one.",
        default=settings.REGISTRATION_BACKOFF_NS,
        parse=parse_duration,
        show=format_duration,
        aliases=("registration_backoff",),
    )
    isolation: str = flag("How containers are kept apart.", default=ONLY_ISOLATION, parse=one_of(ONLY_ISOLATION))
    launcher: str = flag("How containers are started.", default="posix", parse=one_of("posix"))
    switch_user: bool = flag("Run tasks as their framework's user, when run as root.", default=True, parse=parse_bool)
    command_executor: str = flag("The command that runs command tasks.", default=settings.COMMAND_EXECUTOR)
    executor_environment_variables: tuple[tuple[str, str], ...] = flag(
        "Environment variables for every executor, and so for its tasks, as a JSON object of texts.",
        default=(),
        parse=parse_environment,
        show=show_environment,
    )
    max_completed_frameworks: int = flag(
        "Frameworks to remember.", default=settings.COMPLETED_FRAMEWORKS_MAX, parse=parse_count
    )
    max_completed_executors_per_framework: int = flag(
        "Executors to remember of each.", default=settings.COMPLETED_EXECUTORS_MAX, parse=parse_count
    )
    max_completed_tasks_per_executor: int = flag(
        "Tasks to remember of each.", default=settings.COMPLETED_TASKS_MAX, parse=parse_count
    )

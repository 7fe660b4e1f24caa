"""What the tests of the master are made of: infos, messages and pids with as few words as possible."""

from __future__ import annotations

from libprocess_py.pid import PID, Address
from master.core.settings import MasterSettings
from mesos_py.protocol.agent import AgentInfo, MasterInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, MasterId, OfferId, TaskId
from mesos_py.protocol.messages.master_framework import OfferAcceptance, StatusUpdate
from mesos_py.protocol.offer import Filters, Launch, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, Source, TaskInfo, TaskState, TaskStatus

SECOND = 1_000_000_000
MASTER_ID = MasterId("m")
MASTER = PID("master", Address("10.0.0.1", 5050))


def a_pid(id: str, host: int = 2, *, port: int = 5051) -> PID:
    return PID(id, Address(f"10.0.0.{host}", port))


def some_settings(**changes: object) -> MasterSettings:
    info = MasterInfo(id=MASTER_ID, pid=MASTER, hostname="master.example", version="0.1.0")
    return MasterSettings(master=info, started_ns=0, **changes)  # type: ignore[arg-type]  # Fields by name.


def a_framework_info(*capabilities: Capability, **changes: object) -> FrameworkInfo:
    fields: dict[str, object] = {"user": "root", "name": "f", "failover_timeout_ns": 60 * SECOND, **changes}
    return FrameworkInfo(capabilities=capabilities, **fields)  # type: ignore[arg-type]  # Fields by name.


def an_agent_info(cpus: float = 4, mem: float = 4096, *, hostname: str = "h", id: AgentId | None = None) -> AgentInfo:
    return AgentInfo(hostname=hostname, port=5051, resources=Resources.of(cpus=cpus, mem=mem), id=id)


def a_task_info(task_id: str, agent_id: AgentId, *, cpus: float = 1, executor: ExecutorInfo | None = None) -> TaskInfo:
    command = CommandInfo(value="true") if executor is None else None
    return TaskInfo(
        task_id=TaskId(task_id),
        name=task_id,
        agent_id=agent_id,
        resources=Resources.of(cpus=cpus),
        command=command,
        executor=executor,
    )


def an_executor_info(executor_id: str = "e", *, cpus: float = 0.5, data: bytes = b"") -> ExecutorInfo:
    command = CommandInfo(value="run")
    resources = Resources.of(cpus=cpus)
    return ExecutorInfo(executor_id=ExecutorId(executor_id), command=command, resources=resources, data=data)


def an_acceptance(offer: Offer, *tasks: TaskInfo, refuse_ns: int = -1) -> OfferAcceptance:
    return OfferAcceptance(
        framework_id=offer.framework_id,
        offer_ids=(offer.id,),
        operations=(Launch(tasks=tasks),) if tasks else (),
        filters=Filters(refuse_ns=refuse_ns),
    )


def offer_ids(*offers: Offer) -> tuple[OfferId, ...]:
    return tuple(offer.id for offer in offers)


def a_uuid(number: int = 0) -> bytes:
    return number.to_bytes(16, "big")


def an_update(
    framework_id: FrameworkId,
    task_id: str,
    *,
    state: TaskState,
    uuid: bytes | None = a_uuid(),
    latest: TaskState | None = None,
) -> StatusUpdate:
    status = TaskStatus(task_id=TaskId(task_id), state=state, source=Source.EXECUTOR, timestamp_ns=0, uuid=uuid)
    return StatusUpdate(framework_id=framework_id, status=status, latest_state=latest.value if latest else None)

"""What a machine has to offer, unless somebody says so (RS-10). Asks the system, so it is no part of the core."""

from __future__ import annotations

import os
from typing import Final

import psutil

from mesos_py.protocol.resource import Resource
from mesos_py.protocol.resources import Resources

GIGABYTE: Final = 1 << 30
MEGABYTE: Final = 1 << 20
MEM_KEPT: Final = GIGABYTE  # For the system, on machines that have twice as much; smaller ones keep half.
DISK_KEPT: Final = 5 * GIGABYTE  # Likewise.
PORTS: Final = "ports:[31000-32000]"


def complete(given: Resources, work_dir: str) -> Resources:
    """`given`, and of cpus, mem, disk and ports whatever it does not name."""
    named = {resource.name for resource in given}
    found = detected(
        cpus=psutil.cpu_count() or 1,
        mem_bytes=psutil.virtual_memory().total,
        disk_bytes=psutil.disk_usage(_existing(work_dir)).total,
    )
    missing: list[Resource] = [resource for resource in found if resource.name not in named]
    return given + Resources(missing)


def detected(*, cpus: int, mem_bytes: int, disk_bytes: int) -> Resources:
    """An agent's default resources on a machine of this size."""
    mem, disk = _spare(mem_bytes, MEM_KEPT), _spare(disk_bytes, DISK_KEPT)
    return Resources.of(cpus=cpus, mem=mem // MEGABYTE, disk=disk // MEGABYTE) + Resources.parse(PORTS)


def _spare(total: int, kept: int) -> int:
    return total - kept if total >= 2 * kept else total // 2


def _existing(path: str) -> str:
    """The closest directory above a path that exists: the work directory may not be made yet."""
    path = os.path.abspath(path)
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path

"""Profiles of a running program, over HTTP and with bounds."""

from __future__ import annotations

import pstats
import tracemalloc
from pathlib import Path

import pytest

from libprocess_py.duration import MINUTE
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.profiler_process import MemoryProfilerProcess, ProfilerProcess
from libprocess_py.sim import Simulation


class Busy(Process):
    """Does something that is found in a profile."""

    def __init__(self) -> None:
        super().__init__("busy")
        self.kept: list[bytes] = []

    def compute_something(self) -> int:
        self.kept.append(bytes(100_000))
        return sum(range(1_000))


class World:
    """A node with both profilers."""

    def __init__(self) -> None:
        self.simulation = Simulation(seed=1)
        self.node = self.simulation.node("10.0.0.1")
        self.node.spawn(ProfilerProcess())
        self.node.spawn(MemoryProfilerProcess())
        self.busy = self.node.spawn(Busy())

    def get(self, path: str, **query: str) -> Response:
        future = self.node.request(Request("GET", path, query=query))
        self.simulation.settle()
        return future.get()

    def work(self) -> None:
        self.node.dispatch(self.busy, Busy.compute_something)
        self.simulation.settle()


def test_a_profile_names_what_ran_while_it_was_taken() -> None:
    world = World()

    assert world.get("/profiler/start").body == b"running for 5mins"
    world.work()
    report = world.get("/profiler/stop")

    assert report.status == 200
    assert b"compute_something" in report.body
    assert b"compute_something" in world.get("/profiler/report", sort="cumtime").body


def test_a_raw_profile_is_what_tools_read(tmp_path: Path) -> None:
    world = World()
    world.get("/profiler/start", duration="1secs")
    world.work()
    world.get("/profiler/stop")

    raw = tmp_path / "profile"
    raw.write_bytes(world.get("/profiler/report", format="raw").body)

    names = [function for _, _, function in pstats.Stats(str(raw)).stats]  # type: ignore[attr-defined]  # Not in stubs.
    assert "compute_something" in names


@pytest.mark.parametrize("path", ["/profiler", "/memory-profiler"])
def test_a_profile_ends_by_itself(path: str) -> None:
    world = World()
    world.get(f"{path}/start", duration="1mins")
    world.work()
    assert world.get(f"{path}/start").status == 409

    world.simulation.advance(MINUTE)

    assert world.get(f"{path}/stop").status == 409
    assert world.get(f"{path}/report").status == 200
    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize("path", ["/profiler", "/memory-profiler"])
@pytest.mark.parametrize("duration", ["", "soon", "999ms", "25hrs", "-1secs"])
def test_a_duration_has_bounds(path: str, duration: str) -> None:
    assert World().get(f"{path}/start", duration=duration).status == 400


@pytest.mark.parametrize("path", ["/profiler", "/memory-profiler"])
def test_there_is_nothing_to_report_before_the_first_profile(path: str) -> None:
    world = World()

    assert world.get(f"{path}/report").status == 409
    assert world.get(f"{path}/stop").status == 409


def test_who_holds_memory_is_named() -> None:
    world = World()
    world.get("/memory-profiler/start")
    world.work()

    now, at_the_end = world.get("/memory-profiler/report"), world.get("/memory-profiler/stop")

    assert b"test_profiler_process.py" in now.body
    assert b"bytes held" in at_the_end.body


def test_a_profile_ends_with_its_actor() -> None:
    world = World()
    world.get("/memory-profiler/start")
    world.get("/profiler/start")

    world.simulation.stop(world.node)

    assert not tracemalloc.is_tracing()


def test_memory_that_somebody_else_traces_is_left_alone() -> None:
    world = World()
    tracemalloc.start()
    try:
        assert world.get("/memory-profiler/start").status == 409
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_a_sort_that_there_is_not_is_refused() -> None:
    world = World()
    world.get("/profiler/start")
    world.get("/profiler/stop")

    assert world.get("/profiler/report", sort="luck").status == 400


def test_no_profiler_is_there_unless_it_was_spawned() -> None:
    node = Simulation(seed=1).node("10.0.0.1")

    assert "profiler" not in node.gateway.built_in
    assert "memory-profiler" not in node.gateway.built_in

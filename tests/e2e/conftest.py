"""Nothing may be left when a module of these tests is through: no process, however orphaned, and no folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import leftovers
from tests.support.real_cluster import RealCluster
from tests.support.waiting import until


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left() -> Iterator[None]:
    processes_before, folders_before = leftovers.living(), leftovers.folders()
    with leftovers.gathering_orphans():
        yield
        left = leftovers.living() - processes_before
        described = leftovers.described(left)
        leftovers.kill(left)  # The next module is not to suffer from it.
        until(lambda: not leftovers.living() - processes_before)
    assert not described
    assert not leftovers.folders() - folders_before


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, nothing_is_left: None) -> Iterator[RealCluster]:
    """A master and two agents that all tests of a module use."""
    with RealCluster(tmp_path_factory.mktemp("cluster"), agents=2) as cluster:
        yield cluster


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path

"""Nothing may be left when a module of these tests is through: no process, however orphaned, and no folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import leftovers
from tests.support.real_cluster import RealCluster
from tests.support.waiting import until


@pytest.fixture(scope="module")
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What children of the tests take for the temporary folder."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left(temporary_folder: Path) -> Iterator[None]:
    before = leftovers.living()
    with leftovers.gathering_orphans(), leftovers.temporary_folder_of_children(temporary_folder):
        yield
        left = leftovers.living() - before
        described = leftovers.described(left)
        leftovers.kill(left)  # The next module is not to suffer from it.
        until(lambda: not leftovers.living() - before)
    assert not described
    assert not list(temporary_folder.iterdir())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, nothing_is_left: None) -> Iterator[RealCluster]:
    """A master and two agents that all tests of a module use."""
    with RealCluster(tmp_path_factory.mktemp("cluster"), agents=2) as cluster:
        yield cluster

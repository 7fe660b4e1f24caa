"""A plugin of pytest: simulations as fixtures, with a seed that a failure prints and a check for what a test leaves.

* `simulation`: a `Simulation` under the test's seed. Each test has its own, the same in every run; with
  `--libprocess-seed N` it is another, and a test that failed prints the option that repeats it. `--libprocess-seeds N`
  runs every test that uses the fixture under N seeds.
* `node`: the first node of that simulation. `testkit`: a `TestKit` on it. `background_node`: a node on real sockets.

A test that passes and leaves something behind fails (see `leaks`). `@pytest.mark.allow_leaks("actors", "futures")` says
what a test may leave; `@pytest.mark.strict_leaks` has it end its actors itself.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from libprocess_py.node import Node
    from libprocess_py.runtime import BackgroundNode
    from libprocess_py.sim import Simulation
    from libprocess_py.testing.kit import TestKit
    from libprocess_py.testing.leaks import Watch

SEED_MAX: Final = 1_000_000_000  # Short enough to be typed.
FIRST_IP: Final = "10.0.0.1"
GROUP: Final = "libprocess_py"

_SEED: Final = pytest.StashKey[int]()
_PASSED: Final = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup(GROUP, "actors in simulation")
    group.addoption("--libprocess-seed", type=int, help="the seed of every simulation, instead of each test's own")
    group.addoption("--libprocess-seeds", type=int, metavar="N", help="run tests of a simulation under that many seeds")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "allow_leaks(*kinds): what a test of actors may leave behind")
    config.addinivalue_line("markers", "strict_leaks: a test of actors ends all that it spawned itself")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--libprocess-seeds")
    if count and "simulation_seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--libprocess-seed") or 0
        metafunc.parametrize("simulation_seed", range(first, first + count), indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    seed = item.stash.get(_SEED, None)
    if report.failed and seed is not None:
        report.sections.append((GROUP, f"seed {seed}: repeat it with --libprocess-seed {seed}"))
    return report


@pytest.fixture
def simulation_seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test's simulation."""
    from libprocess_py.sim.chance import seed_of  # Not before it is used: pytest loads plugins for everybody.

    given: int | None = getattr(request, "param", None)
    if given is None:
        given = request.config.getoption("--libprocess-seed")
    seed = seed_of(0, request.node.nodeid) % SEED_MAX if given is None else given
    request.node.stash[_SEED] = seed
    return seed


@pytest.fixture
def _leak_watch() -> Iterator[Watch]:
    from libprocess_py.testing.leaks import Watch

    with Watch() as watch:
        yield watch


@pytest.fixture
def simulation(request: pytest.FixtureRequest, simulation_seed: int, _leak_watch: Watch) -> Iterator[Simulation]:
    """A world of nodes on virtual time. What is left in it after the test, but for what may be, is an error."""
    from libprocess_py.sim import Simulation

    simulation = Simulation(simulation_seed)
    simulation.observe(_leak_watch.lineage)
    yield simulation
    _check(request, _leak_watch, simulation=simulation)


@pytest.fixture
def node(simulation: Simulation) -> Node:
    """The first node of the simulation."""
    return simulation.node(FIRST_IP)


@pytest.fixture
def testkit(simulation: Simulation) -> Iterator[TestKit]:
    """Taps, probes and time of the simulation."""
    from libprocess_py.testing.kit import TestKit

    kit = TestKit(simulation)
    yield kit
    kit.close()


@pytest.fixture
def background_node(request: pytest.FixtureRequest, _leak_watch: Watch) -> Iterator[BackgroundNode]:
    """A node on real sockets and a thread of its own."""
    from libprocess_py.runtime import BackgroundNode

    with BackgroundNode() as background:
        yield background
    _check(request, _leak_watch)


def _check(request: pytest.FixtureRequest, watch: Watch, *, simulation: Simulation | None = None) -> None:
    from libprocess_py.testing.leaks import KINDS, told

    allowed = [kind for mark in request.node.iter_markers("allow_leaks") for kind in mark.args]
    unknown = sorted(set(allowed) - set(KINDS))
    if unknown:
        pytest.fail(f"allow_leaks: {unknown} are no kinds of leaks, which are {list(KINDS)}", pytrace=False)
    if not request.node.stash.get(_PASSED, False):
        return  # One failure is enough, and its traceback holds on to everything.
    strict = request.node.get_closest_marker("strict_leaks") is not None
    left = [leak for leak in watch.leaks(simulation, strict=strict) if leak.kind not in allowed]
    if left:
        pytest.fail(f"left behind:\n{told(left)}", pytrace=False)

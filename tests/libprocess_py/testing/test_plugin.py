"""The plugin of pytest, by running pytest: fixtures, seeds, and what a test leaves behind."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from libprocess_py.testing import plugin

QUIET: Final = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # The plugin is known already: we import it here.

pytest_plugins = ["pytester"]

Run = Callable[..., str]

PRELUDE: Final = """
    import socket
    import pytest
    from libprocess_py import Process, Promise

    @pytest.fixture
    def opened():  # Closes what a test leaves open, but later than the check.
        sockets = []
        yield sockets
        for one in sockets:
            one.close()

    class Parent(Process):
        def initialize(self):
            self.child = self.spawn(Child())

    class Child(Process):
        def initialize(self):
            self.timer = self.delay(1_000, self.rest)
            self.promise = Promise()

        def rest(self):
            pass

        def later(self):
            return self.promise

        def finalize(self):
            self.promise.abandon()

    class Tidy(Parent):
        def finalize(self):
            self.terminate(self.child)

    class Forgetful(Child):
        def finalize(self):
            pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs a module of tests with those options, and returns what pytest says of it."""

    def runs(body: str, *options: str) -> str:
        pytester.makepyfile(test_it=dedent(PRELUDE) + dedent(body))
        ran = pytester.runpytest_inprocess("-p", plugin.__name__, "-p", "no:cacheprovider", *QUIET, *options)
        return str(ran.stdout)

    return runs


def test_a_test_has_a_seed_of_its_own_which_is_the_same_in_every_run(run: Run) -> None:
    body = """
        def test_one(simulation):
            print("one", simulation.seed)

        def test_other(simulation):
            print("other", simulation.seed)
    """

    runs = [re.findall(r"(one|other) (\d+)", run(body, "-s")) for _ in range(2)]

    assert runs[0] == runs[1]
    assert runs[0][0][1] != runs[0][1][1]


def test_a_failure_prints_the_option_that_repeats_it(run: Run) -> None:
    body = """
        def test_it(simulation, node):
            node.spawn(Parent())
            simulation.settle()
            assert simulation.seed == 1
    """

    failed = run(body)
    found = re.search(r"seed (\d+): repeat it with (--libprocess-seed) (\d+)", failed)
    assert found is not None
    repeated = run(body, found[2], found[3])

    assert f"assert {found[1]} == 1" in repeated
    assert "left behind" not in failed, "one failure is enough"


def test_tests_of_simulations_run_under_as_many_seeds_as_asked_for(run: Run) -> None:
    body = """
        def test_simulated(simulation):
            assert simulation.seed != 7

        def test_other():
            pass
    """

    said = run(body, "--libprocess-seeds", "4", "--libprocess-seed", "5")

    assert "repeat it with --libprocess-seed 7" in said
    assert "1 failed, 4 passed" in said


def test_what_the_test_spawned_ends_by_itself_and_what_an_actor_spawned_does_not(run: Run) -> None:
    body = """
        def test_tidy(simulation, node):
            node.spawn(Tidy("parent"))
            simulation.settle()

        def test_untidy(simulation, node):
            node.spawn(Parent("parent"))
            simulation.settle()
    """

    said = run(body)

    assert "2 passed, 1 error" in said
    assert "actors: child(1)@10.0.0.1:5050, spawned by parent@10.0.0.1:5050" in said
    assert "timers: Child.rest of child(1)@10.0.0.1:5050" in said


def test_a_strict_test_ends_its_actors_and_cancels_its_timers_itself(run: Run) -> None:
    body = """
        @pytest.mark.strict_leaks
        def test_untidy(simulation, node):
            node.spawn(Tidy("parent"))
            simulation.settle()

        @pytest.mark.strict_leaks
        def test_tidy(simulation, node):
            child = node.spawn(Child())
            simulation.advance(1_000)
            node.terminate(child)
            simulation.settle()
    """

    said = run(body)

    assert "2 passed, 1 error" in said
    assert "actors: parent@10.0.0.1:5050\n" in said


def test_a_future_that_nobody_completes_is_told_with_the_place_where_it_was_made(run: Run) -> None:
    body = """
        def test_abandoned(simulation, node):
            node.dispatch(node.spawn(Child()), Child.later)
            simulation.settle()

        def test_forgotten(simulation, node):
            node.dispatch(node.spawn(Forgetful()), Child.later)
            simulation.settle()

        def test_nobody_waits(simulation, node):
            node.spawn(Forgetful())
            simulation.settle()
    """

    said = run(body)

    assert "3 passed, 1 error" in said
    assert re.search(r"ERROR at teardown of test_forgotten", said)
    assert re.search(r"futures: somebody waits for one that was made in Child.initialize, test_it.py:\d+", said)


def test_what_went_down_with_a_crashed_node_is_no_leak(run: Run) -> None:
    body = """
        def test_it(simulation, node):
            pid = node.spawn(Parent())
            simulation.settle()
            node.dispatch(pid, Parent.initialize).then(print)
            node.dispatch(node.spawn(Forgetful()), Child.later)
            simulation.crash(node)
    """

    assert "1 passed in" in run(body)


def test_an_open_socket_is_a_leak(run: Run) -> None:
    body = """
        def test_it(opened, simulation):
            opened.append(socket.socket())
    """

    assert "sockets: socket:[" in run(body)


def test_what_a_test_may_leave_is_said_by_name(run: Run) -> None:
    body = """
        @pytest.mark.allow_leaks("actors", "timers", "futures", "sockets")
        def test_all(opened, simulation, node):
            node.dispatch(node.spawn(Forgetful()), Child.later)
            opened.append(socket.socket())
            node.spawn(Parent())
            simulation.settle()

        @pytest.mark.allow_leaks("toys")
        def test_misspelt(simulation):
            pass
    """

    said = run(body)

    assert "2 passed, 1 error" in said
    assert "['toys'] are no kinds of leaks" in said


def test_a_kit_expects_nothing_after_its_test(run: Run) -> None:
    body = """
        kept = []

        def test_it(testkit, node):
            kept.append(testkit.expect("Never"))
    """

    assert "1 passed" in run(body)


def test_a_node_on_real_sockets_leaves_none_behind(run: Run) -> None:
    body = """
        from libprocess_py.runtime import result

        def test_it(background_node):
            node = background_node.node
            pid = background_node.call(node.spawn, Tidy()).result()
            assert pid.address == node.address
    """

    assert "1 passed" in run(body)


def test_every_fixture_says_what_it_is(run: Run) -> None:
    said = run("", "--fixtures")

    for name in ("simulation", "node", "testkit", "background_node"):
        assert re.search(rf"^{name} -- .*\n    \w", said, flags=re.MULTILINE)


def test_an_installed_package_brings_the_plugin_and_naming_it_does_not_load_it_twice(pytester: pytest.Pytester) -> None:
    config = configparser.ConfigParser()
    config.read(Path(__file__).parents[3] / "setup.cfg")
    installed = pytester.mkdir("installed")
    (installed / "some.dist-info").mkdir()
    (installed / "some.dist-info" / "METADATA").write_text("Name: some\nVersion: 1\n")
    declared = config["options.entry_points"]["pytest11"]
    (installed / "some.dist-info" / "entry_points.txt").write_text(f"[pytest11]\n{declared}\n")
    pytester.makepyfile(test_it="def test_it(simulation): assert simulation.seed == 3")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--libprocess-seed", "3"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), *filter(None, sys.path)])}

    runs = [
        subprocess.run([*command, *named], env=environment, capture_output=True, text=True, timeout=60, check=False)
        for named in ([], ["-p", plugin.__name__])
    ]

    assert [run.stdout.splitlines()[-1].split(" in ")[0] for run in runs] == ["1 passed", "1 passed"]

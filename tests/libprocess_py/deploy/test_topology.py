"""The file of actors and hosts: what it means, and that every mistake names its key and what was expected."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from libprocess_py import PID, Address
from libprocess_py.core.supervision import Backoff, Restart, Rules, Strategy
from libprocess_py.deploy import Registry
from libprocess_py.deploy.deployment import actor_class
from libprocess_py.deploy.topology import Actor, Topology, TopologyError, parse_topology, read_topology
from libprocess_py.examples.word_count import WordCounter

PAGE = Path(__file__).parents[3] / "docs" / "libprocess" / "deploy.md"
SECOND = 1_000_000_000
LEFT, RIGHT = Address("10.0.0.1", 5051), Address("10.0.0.2", 5052)


def a_file() -> dict[str, Any]:
    """What tomllib makes of a sound file."""
    return {
        "hosts": {"left": "10.0.0.1:5051", "right": "10.0.0.2:5052"},
        "actors": {
            "counter": {"host": "left", "class": "shop.words:Counter"},
            "splitter": {
                "host": "right",
                "class": "shop.words:Splitter",
                "args": [{"pid": "counter"}, 100, [{"pid": "splitter"}]],
                "kwargs": {"deep": {"to": {"pid": "counter"}}},
                "restart": "transient",
                "links": ["counter"],
            },
        },
        "supervision": {
            "strategy": "rest_for_one",
            "restarts_max": 0,
            "window": "1mins",
            "backoff": {"first": "1ms", "max": "1secs"},
        },
    }


def test_a_file_says_who_runs_where_and_how() -> None:
    topology = parse_topology(a_file())

    counter = PID[Any]("counter", LEFT)
    splitter = Actor(
        "splitter",
        "right",
        "shop.words:Splitter",
        args=(counter, 100, [PID("splitter", RIGHT)]),
        kwargs={"deep": {"to": counter}},
        restart=Restart.TRANSIENT,
        links=("counter",),
    )
    rules = Rules(Strategy.REST_FOR_ONE, 0, 60 * SECOND, Backoff(SECOND // 1_000, SECOND))
    assert topology == Topology(
        {"left": LEFT, "right": RIGHT}, (Actor("counter", "left", "shop.words:Counter"), splitter), rules
    )
    assert topology.on("right") == (splitter,)
    assert topology.pid("counter") == counter


def test_supervision_may_be_left_out() -> None:
    told = a_file()
    del told["supervision"]

    assert parse_topology(told).rules == Rules()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["hosts"], None, "hosts: required; expected a table"),
        (["hosts"], [], "hosts: expected a table, got []"),
        (["hosts", "left"], "10.0.0.1", "hosts.left: address '10.0.0.1': expected ip:port"),
        (["hosts", "left"], 7, "hosts.left: expected host:port, got 7"),
        (["actors"], None, "actors: required; expected a table"),
        (["actors", "counter"], "x", "actors.counter: expected a table, got 'x'"),
        (["actors", "counter", "host"], None, "actors.counter.host: required; expected a text"),
        (["actors", "counter", "host"], 1, "actors.counter.host: expected a text, got 1"),
        (["actors", "counter", "host"], "top", "actors.counter.host: expected one of left, right, got 'top'"),
        (["actors", "counter", "class"], None, "actors.counter.class: required; expected a text"),
        (["actors", "counter", "class"], "a.B", "actors.counter.class: expected module:Class, got 'a.B'"),
        (["actors", "counter", "clas"], "a:B", "actors.counter.clas: no such key; expected one of host, class, args"),
        (["actors", "counter", "args"], {}, "actors.counter.args: expected a list, got {}"),
        (["actors", "counter", "kwargs"], 3, "actors.counter.kwargs: expected a table, got 3"),
        (
            ["actors", "counter", "args"],
            [{"pid": "x"}],
            "actors.counter.args[0].pid: expected one of counter, splitter",
        ),
        (["actors", "counter", "restart"], "always", "actors.counter.restart: expected permanent or transient or temp"),
        (["actors", "counter", "links"], ["x"], "actors.counter.links: expected the names of other actors, got 'x'"),
        (["actors", "counter", "links"], ["counter"], "actors.counter.links: expected the names of other actors"),
        (
            ["actors", "counter", "links"],
            [["x"]],
            "actors.counter.links: expected the names of other actors, got ['x']",
        ),
        (["actors", "counter", "args"], [{"pid": ["x"]}], "actors.counter.args[0].pid: expected one of counter"),
        (["actors", " x"], {"host": "left", "class": "a:B"}, "actors. x: process id ' x': expected 1 to 255 printable"),
        (
            ["supervision", "strategy"],
            "all",
            "supervision.strategy: expected one_for_one or rest_for_one or one_for_all",
        ),
        (["supervision", "restarts_max"], -1, "supervision.restarts_max: expected a number from 0, got -1"),
        (["supervision", "restarts_max"], True, "supervision.restarts_max: expected a whole number, got True"),
        (["supervision", "window"], "1 min", "supervision.window: duration '1 min': expected a number and a unit"),
        (["supervision", "window"], "0secs", "supervision.window: duration '0secs': expected more than nothing"),
        (["supervision", "backoff", "first"], 1, "supervision.backoff.first: expected a text, got 1"),
        (
            ["supervision", "backoff", "jitter"],
            1,
            "supervision.backoff.jitter: no such key; expected one of first, max",
        ),
        (["more"], {}, "more: no such key; expected one of hosts, actors, supervision"),
    ],
)
def test_a_mistake_names_its_key_and_what_was_expected(path: list[str], value: object, expected: str) -> None:
    told = table = a_file()
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    if value is None:
        del table[path[-1]]

    with pytest.raises(TopologyError) as raised:
        parse_topology(told)

    assert str(raised.value).startswith(expected)


def test_a_file_is_named_in_front_of_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "actors.toml"

    with pytest.raises(TopologyError, match=r"actors.toml: No such file"):
        read_topology(file)
    file.write_text("[hosts\n")
    with pytest.raises(TopologyError, match=r"actors.toml: .*line 1"):
        read_topology(file)
    file.write_text("[hosts]\n")
    with pytest.raises(TopologyError, match=r"actors.toml: actors: required"):
        read_topology(file)


def test_the_file_of_the_page_is_sound_and_its_classes_are_there() -> None:
    [told] = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)

    topology = parse_topology(tomllib.loads(told))

    assert [actor_class(actor) for actor in topology.actors] == [Registry, WordCounter]
    assert topology.rules == Rules(Strategy.REST_FOR_ONE)


def test_modules_are_looked_for_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "actors.toml"
    file.write_text('[hosts]\nleft = "localhost:5051"\n[actors]\n')

    topology = read_topology(file)

    assert topology.folder == tmp_path
    assert topology.hosts["left"].port == 5051

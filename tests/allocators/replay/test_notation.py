"""The notation of resources in cases: read, written, refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from allocators.replay.notation import notation_of, resources_of
from mesos_py.protocol.resources import ResourceKind, Resources
from tests.support.resource_strategies import resources


def has_metadata(kind: ResourceKind) -> bool:
    return kind.disk is not None and kind.disk.source is not None and bool(kind.disk.source.metadata)


@given(resources())
def test_what_is_written_reads_back_as_the_same(drawn: Resources) -> None:
    value = drawn.filter(lambda kind: not has_metadata(kind))  # The notation has no words for labels of devices.
    written = json.loads(json.dumps(notation_of(value)))

    assert resources_of(written) == value


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ({"cpus": 1, "mem": 64}, "cpus:1;mem:64"),
        ({"cpus": 1, "@role": "*"}, "cpus:1"),
        ([{"cpus": 1, "@role": "a"}, {"cpus": 0.5}], "cpus:0.5;cpus(a):1"),
        ({"ports": [[1, 3], [2, 5]], "zones": ["b", "a"]}, "ports:[1-5];zones:{a,b}"),
        ({"cpus": 0, "ports": [], "zones": []}, ""),
        ([], ""),
    ],
)
def test_groups_mean_what_texts_mean(group: object, text: str) -> None:
    assert resources_of(group) == Resources.parse(text)


def test_one_group_is_written_without_a_list_and_whole_numbers_without_a_point() -> None:
    assert notation_of(Resources.parse("cpus:2;mem:0.5")) == {"cpus": 2, "mem": 0.5}


def test_copies_of_a_shared_volume_are_counted() -> None:
    volume = {"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": 3}

    assert notation_of(resources_of(volume)) == volume


@pytest.mark.parametrize(
    "group",
    [
        7,
        "cpus",
        None,
        {"cpus": "1"},
        {"cpus": True},
        {"cpus": None},
        {"cpus": 1e300},
        {"ports": [1]},
        {"ports": [[1, 2, 3]]},
        {"ports": [[1, 2.5]]},
        {"zones": ["a", 1]},
        {"cpus": 1, "@what": 1},
        {"cpus": 1, "@role": 7},
        {"cpus": 1, "@role": "a b"},
        {"cpus": 1, "@reservations": {"role": "a"}},
        {"cpus": 1, "@reservations": [{"type": "dynamic"}]},
        {"cpus": 1, "@reservations": [{"role": "a", "type": "frozen"}]},
        {"cpus": 1, "@reservations": [{"role": "a", "labels": {"k": 1}}]},
        {"cpus": 1, "@reservations": [{"role": "a", "rank": 1}]},
        {"cpus": 1, "@revocable": "yes"},
        {"disk": 1, "@disk": {"source": {"type": "TAPE"}}},
        {"disk": 1, "@disk": {"source": {"type": ["RAW"]}}},
        {"disk": 1, "@disk": {"source": {"type": "RAW", "color": "red"}}},
        {"disk": 1, "@disk": {"persistance": "v"}},
        {"disk": 1, "@disk": {"persistence": "v"}, "@shared": 0},
        {"disk": 1, "@disk": {"persistence": "v"}, "@shared": 1.5},
    ],
)
def test_what_is_no_resource_is_a_value_error(group: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|reserv|role"):
        resources_of(group)

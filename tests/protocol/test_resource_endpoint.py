"""Resources as the old endpoints show them."""

from __future__ import annotations

from mesos_py.protocol.resource_endpoint import to_endpoint
from mesos_py.protocol.resources import NOTHING, Resources
from tests.support.resource_notation import resources_of


def test_the_four_scalars_are_always_there() -> None:
    assert to_endpoint(NOTHING) == {"cpus": 0.0, "disk": 0.0, "gpus": 0.0, "mem": 0.0}


def test_reserved_and_unreserved_are_shown_together() -> None:
    a = Resources.parse("cpus:4;cpus(a):1;mem:4096;ports:[31000-32000];ports(a):[1-5];zones:{a,b}")

    assert to_endpoint(a) == {
        "cpus": 5.0,
        "disk": 0.0,
        "gpus": 0.0,
        "mem": 4096.0,
        "ports": "[1-5,31000-32000]",
        "zones": "{a,b}",
    }


def test_revocable_resources_have_a_name_of_their_own() -> None:
    shown = to_endpoint(resources_of([{"cpus": 1}, {"cpus": 2, "@revocable": True}]))

    assert (shown["cpus"], shown["cpus_revocable"]) == (1.0, 2.0)

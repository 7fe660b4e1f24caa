"""Resources as JSON: the v1 form, the old form, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from libprocess_py.errors import MalformedMessage
from libprocess_py.message import Record, decode, encode
from mesos_py.protocol.disks import DiskInfo, Volume
from mesos_py.protocol.reservations import Reservation, static
from mesos_py.protocol.resources import NOTHING, InvalidResource, Resource, Resources
from tests.support.resource_notation import resources_of
from tests.support.resource_strategies import resources


class Carrier(Record):
    resources: Resources = NOTHING


SCALAR = {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.0}}


def read(**fields: Any) -> Resources:
    return Resources.from_wire([{**SCALAR, **fields}])


@given(resources())
def test_resources_survive_the_wire_inside_a_record(a: Resources) -> None:
    assert decode(Carrier, encode(Carrier(resources=a))).resources == a


@given(resources(), resources())
def test_equal_resources_have_equal_bytes(a: Resources, b: Resources) -> None:
    # Mounts are no part of equality, so they are left out of what is compared.
    one, other = Resources(map(without_mount, a + b)), Resources(map(without_mount, b + a))

    assert encode(Carrier(resources=one)) == encode(Carrier(resources=other))


def without_mount(item: Resource) -> Resource:
    if item.disk is None:
        return item
    disk = DiskInfo(persistence_id=item.disk.persistence_id, source=item.disk.source)
    return Resource(
        name=item.name, value=item.value, reservations=item.reservations, disk=disk, shared=item.shared,
        revocable=item.revocable, provider_id=item.provider_id, allocation_role=item.allocation_role,
    )  # fmt: skip


@given(resources())
def test_resources_without_refinement_survive_the_old_format(a: Resources) -> None:
    plain = a.filter(lambda kind: len(kind.reservations) < 2)

    assert Resources.from_wire(json.loads(json.dumps(plain.to_old_wire()))) == plain


def test_the_old_format_cannot_express_refinement() -> None:
    refined = Resources.parse("cpus(a):1").push_reservation(Reservation(role="a/x"))

    with pytest.raises(InvalidResource, match="refined for 'a/x'"):
        refined.to_old_wire()


def test_the_v1_form_is_as_written_down() -> None:
    a = Resources.parse("cpus:4;ports(web):[31000-32000];zones:{b,a}").allocate("web")

    assert a.to_wire() == [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": 4.0}, "allocation_info": {"role": "web"}},
        {
            "name": "ports",
            "type": "RANGES",
            "ranges": {"range": [{"begin": 31000, "end": 32000}]},
            "reservations": [{"type": "STATIC", "role": "web"}],
            "allocation_info": {"role": "web"},
        },
        {"name": "zones", "type": "SET", "set": {"item": ["a", "b"]}, "allocation_info": {"role": "web"}},
    ]


def test_the_old_form_names_the_role_even_if_it_is_the_default() -> None:
    assert Resources.of(cpus=1).to_old_wire() == [{**SCALAR, "role": "*"}]
    assert Resources.parse("cpus(a):1").to_old_wire() == [{**SCALAR, "role": "a"}]
    dynamic = Resources.of(cpus=1).push_reservation(Reservation(role="a", principal="p"))
    assert dynamic.to_old_wire() == [{**SCALAR, "role": "a", "reservation": {"principal": "p"}}]


def test_both_formats_at_once_are_read_if_they_agree() -> None:
    stack = [{"type": "STATIC", "role": "a"}]

    assert read(role="a", reservations=stack) == resources_of({"cpus": 1, "@role": "a"})
    with pytest.raises(InvalidResource, match=r"resources\[0\].role: expected 'a' as in reservations, got 'b'"):
        read(role="b", reservations=stack)


def test_a_reservation_beside_a_role_is_dynamic() -> None:
    labels = {"labels": [{"key": "k", "value": "v"}, {"key": "j"}]}
    parsed = read(role="a", reservation={"principal": "p", "labels": labels})

    assert next(iter(parsed)).reservations == (Reservation(role="a", principal="p", labels=(("j", ""), ("k", "v"))),)


def test_null_means_not_set_and_unknown_fields_are_ignored() -> None:
    nothing = dict.fromkeys(
        ("role", "reservation", "reservations", "disk", "revocable", "shared", "provider_id", "allocation_info", "set")
    )

    assert read(**nothing, surprise=[1]) == Resources.of(cpus=1)


def test_numbers_in_strings_are_read() -> None:
    ports = {"name": "ports", "type": "RANGES", "ranges": {"range": [{"begin": "1", "end": "2"}]}}

    assert Resources.from_wire([ports]) == resources_of({"ports": [[1, 2]]})
    assert read(scalar={"value": "1.5"}) == Resources.of(cpus=1.5)


def test_a_whole_disk_is_read() -> None:
    value = {
        "name": "disk",
        "type": "SCALAR",
        "scalar": {"value": 10},
        "reservations": [{"type": "DYNAMIC", "role": "a"}],
        "disk": {
            "persistence": {"id": "v", "principal": "p"},
            "volume": {"container_path": "data", "mode": "RW", "host_path": "/h"},
            "source": {"type": "MOUNT", "mount": {"root": "/m"}, "profile": "fast"},
        },
        "shared": {},
        "provider_id": {"value": "rp"},
    }
    (item,) = Resources.from_wire([value])

    assert Resources([item]).to_wire()[0]["disk"] == value["disk"]
    assert (item.shared, item.provider_id) == (True, "rp")
    assert item.disk is not None
    assert item.disk.volume == Volume(container_path="data", host_path="/h")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": None}, r"resources\[0\].name: expected text"),
        ({"name": 5}, r"resources\[0\].name: expected text"),
        ({"type": None}, "type: expected SCALAR, RANGES or SET"),
        ({"type": "TEXT"}, "type: expected SCALAR, RANGES or SET, got 'TEXT'"),
        ({"scalar": None}, "scalar: expected an object"),
        ({"scalar": {}}, "scalar.value: expected a number"),
        ({"scalar": {"value": True}}, "scalar.value: expected a number"),
        ({"scalar": {"value": 1e-5}}, "rounds to nothing"),
        ({"scalar": {"value": -1}}, "expected no negative number"),
        ({"scalar": {"value": "1" * 400}}, "scalar.value: expected a number up to"),
        ({"type": "RANGES", "ranges": {"range": [{"begin": 2, "end": 1}]}}, "expected 0 <= begin <= end"),
        ({"type": "RANGES", "ranges": {"range": [{"begin": 2}]}}, "end: expected a whole number"),
        ({"type": "RANGES", "ranges": {"range": [{"begin": True, "end": 1}]}}, "begin: expected a whole"),
        ({"type": "RANGES", "ranges": {"range": 1}}, "ranges.range: expected a list"),
        ({"type": "SET", "set": {"item": ["a", "a"]}}, "given twice"),
        ({"type": "SET", "set": {"item": [1]}}, r"item\[0\]: expected text"),
        ({"role": "a/"}, "expected no '/'"),
        ({"role": "*", "reservation": {}}, "nothing can be reserved"),
        ({"reservations": [{"role": "a"}]}, r"reservations\[0\].type: expected one of STATIC, DYNAMIC"),
        ({"reservations": [{"type": "DYNAMIC"}]}, r"reservations\[0\].role: expected text"),
        ({"reservations": {}}, "reservations: expected a list"),
        ({"allocation_info": {}}, "allocation_info.role: expected text"),
        ({"name": "disk", "disk": {"source": {"type": "TAPE"}}}, "disk.source.type: expected one of"),
        ({"name": "disk", "disk": {"volume": {"mode": "RW"}}}, "volume.container_path: expected text"),
        ({"disk": {}}, "only a scalar 'disk'"),
        ({"provider_id": "rp"}, "provider_id: expected an object"),
    ],
)
def test_malformed_json_is_refused_with_its_field(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidResource, match=problem):
        read(**fields)


def test_a_malformed_resource_in_a_record_is_the_peers_fault() -> None:
    with pytest.raises(MalformedMessage, match="expected a list"):
        decode(Carrier, b'{"resources": {}}')


def test_a_static_reservation_is_told_from_a_dynamic_one() -> None:
    stack = [{"type": "STATIC", "role": "a"}]

    assert next(iter(read(reservations=stack))).reservations == (static("a"),)

"""Policies and sorters by name, ours and those of installed packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.policies.registry import ALIASES, DEFAULT_POLICY, POLICIES, find_policy, make_allocator, policy_names


def test_the_default_policy_exists() -> None:
    assert DEFAULT_POLICY in POLICIES


def test_every_alias_names_a_policy() -> None:
    for alias, name in ALIASES.items():
        assert find_policy(alias) is POLICIES[name]


def test_an_unknown_policy_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="'fairest': expected one of hierarchical, asset, ceei, fifo"):
        make_allocator("fairest", AllocatorSettings())


def test_an_unknown_sorter_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="'best': expected one of drf, random"):
        make_allocator(DEFAULT_POLICY, AllocatorSettings(role_sorter="best"))


@pytest.mark.parametrize("name", ["hierarchical", "asset", "ceei", "fifo", "packing", "random"])
def test_a_policy_that_takes_no_parameters_says_so(name: str) -> None:
    with pytest.raises(ValueError, match="'prod': this policy takes none"):
        make_allocator(name, AllocatorSettings(parameters={"prod": "1"}))


@pytest.mark.parametrize(
    ("name", "parameters", "problem"),
    [
        ("priority", {"prod": "high"}, "'prod': expected a number, got 'high'"),
        ("priority", {"prod": "inf"}, "'prod': expected a finite number"),
        ("priority", {"/prod": "1"}, "'/prod': expected a role"),
        ("slot", {"cpus": "0"}, "'cpus': expected a number above zero"),
        ("slot", {"cpus": "0.0001"}, "'cpus': expected at least a thousandth"),
        ("static", {"ads": "-1"}, "'ads': expected a number above zero"),
        ("static", {"ads/web": "1"}, "'ads/web': expected a top-level role"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_an_error_that_names_it(
    name: str, parameters: dict[str, str], *, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        make_allocator(name, AllocatorSettings(parameters=parameters))


# Policies of other packages: what an installed one leaves on the path is a module and its metadata.

MODULE = """
from allocators.hierarchical.allocator import HierarchicalAllocator

class Ours(HierarchicalAllocator):
    pass

nonsense = 3
"""
ENTRY_POINTS = """
[mesos_py.allocators]
ours = a_policy_package:Ours
fifo = a_policy_package:Ours
missing = no_such_package:Ours
gone = a_policy_package:Gone
nonsense = a_policy_package:nonsense
"""


@pytest.fixture
def a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_policy_package.py").write_text(MODULE)
    facts = tmp_path / "a_policy_package-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: a-policy-package\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("a_package")
def test_a_policy_of_an_installed_package_is_found_by_its_name() -> None:
    policy = make_allocator("ours", AllocatorSettings(seed=7))

    assert isinstance(policy, HierarchicalAllocator)
    assert type(policy).__module__ == "a_policy_package"
    assert "ours" in policy_names()


@pytest.mark.usefixtures("a_package")
def test_no_package_takes_over_a_name_of_ours() -> None:
    assert find_policy("fifo") is POLICIES["fifo"]
    assert policy_names().count("fifo") == 1


@pytest.mark.usefixtures("a_package")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing", "'missing': no_such_package:Ours cannot be imported"),
        ("gone", "'gone': a_policy_package:Gone cannot be imported"),
        ("nonsense", "'nonsense': expected a_policy_package:nonsense to be callable"),
        ("fairest", "expected one of hierarchical, .*, gone, missing, nonsense, ours$"),
    ],
)
def test_a_policy_that_cannot_be_had_is_an_error_that_says_why(name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        make_allocator(name, AllocatorSettings())

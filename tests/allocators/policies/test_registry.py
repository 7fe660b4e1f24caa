"""Policies and sorters by name."""

from __future__ import annotations

import pytest

from allocators.allocator import AllocatorSettings
from allocators.policies.registry import DEFAULT_POLICY, POLICIES, make_allocator


def test_the_default_policy_exists() -> None:
    assert DEFAULT_POLICY in POLICIES


def test_an_unknown_policy_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="'fifo': expected one of hierarchical"):
        make_allocator("fifo", AllocatorSettings())


def test_an_unknown_sorter_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="'best': expected one of drf, random"):
        make_allocator(DEFAULT_POLICY, AllocatorSettings(role_sorter="best"))

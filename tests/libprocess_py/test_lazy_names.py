"""Public names that are imported when they are first used: all there, each the one of its own module."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import ModuleType
from typing import Final

import pytest

import libprocess_py
from libprocess_py import deploy, http, runtime

PACKAGES: Final = (libprocess_py, deploy, http, runtime)

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)


@pytest.mark.parametrize(("package", "name"), [(package, name) for package in PACKAGES for name in package.__all__])
def test_every_public_name_is_the_one_of_its_own_module_and_is_no_module(package: ModuleType, name: str) -> None:
    value = getattr(package, name)

    assert value is getattr(import_module(package._HOMES[name]), name)
    assert not isinstance(value, ModuleType)


@each_package
def test_the_homes_of_the_names_are_the_public_names(package: ModuleType) -> None:
    assert set(package._HOMES) == set(package.__all__)


@each_package
def test_another_name_is_refused_as_by_any_module(package: ModuleType) -> None:
    with pytest.raises(AttributeError) as refused:
        _ = package.Actor

    assert str(refused.value) == f"module {package.__name__!r} has no attribute 'Actor'"


@each_package
def test_help_and_completion_know_of_names_that_nobody_used_yet(package: ModuleType) -> None:
    program = f"import {package.__name__} as package; print(*sorted(set(dir(package)) & set(package.__all__)))"

    known = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert known.split() == sorted(package.__all__)

"""The package's public names: all there, each the one of its own module, none imported before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import libprocess_py


@pytest.mark.parametrize("name", libprocess_py.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(libprocess_py, name) is not None


def test_the_homes_of_the_names_are_the_public_names() -> None:
    assert set(libprocess_py._HOMES) == set(libprocess_py.__all__)


def test_another_name_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'libprocess_py' has no attribute 'Actor'"):
        _ = libprocess_py.Actor  # type: ignore[attr-defined]  # It is the point that there is none.


def test_importing_the_package_imports_nothing_of_it() -> None:
    program = "import sys, libprocess_py; print(*(name for name in sys.modules if name.startswith('libprocess_py.')))"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "\n"

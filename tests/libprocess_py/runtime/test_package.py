"""The runtime's public names: each the one of its own module, whatever was imported before, none before it is used."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from libprocess_py import runtime


@pytest.mark.parametrize("name", runtime.__all__)
def test_every_public_name_is_there_and_is_no_module(name: str) -> None:
    assert not isinstance(getattr(runtime, name), ModuleType)
    assert name in dir(runtime)


def test_the_homes_of_the_names_are_the_public_names() -> None:
    assert set(runtime._HOMES) == set(runtime.__all__)


def test_another_name_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match=r"module 'libprocess_py\.runtime' has no attribute 'Loop'"):
        _ = runtime.Loop  # type: ignore[attr-defined]  # It is the point that there is none.


def test_importing_the_package_imports_no_event_loop() -> None:
    program = "import sys, libprocess_py.runtime; print('asyncio' in sys.modules, 'pykka' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "False False\n"

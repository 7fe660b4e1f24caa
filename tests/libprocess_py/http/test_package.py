"""The public names of HTTP: each the one of its own module, none imported before it is used."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from libprocess_py import http


@pytest.mark.parametrize("name", http.__all__)
def test_every_public_name_is_there_and_is_no_module(name: str) -> None:
    assert not isinstance(getattr(http, name), ModuleType)
    assert name in dir(http)


def test_the_homes_of_the_names_are_the_public_names() -> None:
    assert set(http._HOMES) == set(http.__all__)


def test_another_name_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match=r"module 'libprocess_py\.http' has no attribute 'Server'"):
        _ = http.Server  # type: ignore[attr-defined]  # It is the point that there is none.


def test_a_simulation_imports_neither_an_event_loop_nor_tls() -> None:
    program = "import sys, libprocess_py.sim.simulation; print('asyncio' in sys.modules, 'ssl' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "False False\n"

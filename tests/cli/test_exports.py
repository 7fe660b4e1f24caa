"""`from mesos_py import ...`: what users import is found where it is defined, and loaded only then."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import mesos_py


@pytest.mark.parametrize("name", mesos_py.EXPORTS)
def test_a_public_name_is_the_one_in_the_module_that_defines_it(name: str) -> None:
    assert getattr(mesos_py, name) is getattr(importlib.import_module(mesos_py.EXPORTS[name]), name)


def test_the_type_checker_is_told_the_same_as_the_table() -> None:
    tree = ast.parse(Path(mesos_py.__file__).read_text())
    told = {
        node.names[0].asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.names[0].asname
    }

    assert told == dict(mesos_py.EXPORTS)
    assert sorted(mesos_py.__all__) == sorted(mesos_py.EXPORTS)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Bake'"):
        mesos_py.__getattr__("Bake")


def test_importing_a_low_layer_loads_no_higher_one() -> None:
    program = (
        "import sys, mesos_py.protocol\n"
        "assert not [name for name in sys.modules if name.startswith(('mesos_py.frameworks', 'libprocess_py'))]\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

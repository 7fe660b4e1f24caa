"""Importing the package costs next to nothing: launchers do it that live for one exec."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_imports_nothing_of_it_but_the_way_to_its_names() -> None:
    program = "import sys, libprocess_py; print(*(name for name in sys.modules if name.startswith('libprocess_py.')))"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "libprocess_py.lazy_names\n"

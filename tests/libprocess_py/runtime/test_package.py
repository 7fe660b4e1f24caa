"""Importing the runtime starts nothing, and imports nothing that a program may do without."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_imports_no_event_loop() -> None:
    program = "import sys, libprocess_py.runtime; print('asyncio' in sys.modules, 'pykka' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "False False\n"

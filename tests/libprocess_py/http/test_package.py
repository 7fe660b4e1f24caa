"""HTTP as actors see it needs no sockets: what only the real driver uses is imported by that alone."""

from __future__ import annotations

import subprocess
import sys


def test_a_simulation_imports_neither_an_event_loop_nor_tls() -> None:
    program = "import sys, libprocess_py.sim.simulation; print('asyncio' in sys.modules, 'ssl' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "False False\n"

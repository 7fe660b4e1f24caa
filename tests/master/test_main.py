"""The master as a daemon: an OS process with a port, that ends when it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request

PROGRAM = """
import logging
from master.flags import MasterFlags
from master.main import run
logging.basicConfig(level=logging.INFO, format="%(message)s")
raise SystemExit(run(MasterFlags(port=0), ready=lambda pid: logging.info("ready %s", pid)))
"""


def test_a_daemon_says_where_it_listens_answers_there_and_ends_on_a_signal() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True) as daemon:
        assert daemon.stderr is not None
        ready = next(line for line in daemon.stderr if line.startswith("ready "))
        address = ready.removeprefix("ready master@").strip()

        with urllib.request.urlopen(f"http://{address}/health") as answer:  # The node's delegate is the master.
            assert answer.status == 200
        for path in ("/", "/help", "/help/master"):
            with urllib.request.urlopen(f"http://{address}{path}") as page:
                assert b"/master/state" in page.read()
        daemon.send_signal(signal.SIGTERM)

        rest = daemon.stderr.read()
        assert daemon.wait() == 128 + signal.SIGTERM
        assert "Traceback" not in rest
        assert "allocator_ended" not in rest

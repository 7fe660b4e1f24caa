"""A command that does not outlive who started it: `python -m mesos_py.cli.demo.child PID ARGUMENTS...`.

It asks the kernel for a SIGTERM at its parent's death, then becomes `mesos-py ARGUMENTS...`. The request is made here
and not between fork and exec of the parent, which has threads. `PID` is the parent's: one that died before the request
was made is noticed by it.
"""

from __future__ import annotations

import os
import signal
import sys

from libprocess_py.process_control import set_parent_death_signal

EXIT_ORPHANED = 1


def main() -> None:
    parent, *arguments = sys.argv[1:]
    set_parent_death_signal(signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit(EXIT_ORPHANED)
    from mesos_py.cli.main import main as command

    sys.argv[1:] = arguments
    command()


if __name__ == "__main__":
    main()

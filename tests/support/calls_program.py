"""A framework as a program of its own: `python -m tests.support.calls_program ADDRESS GATE COUNT FAILOVER_SECONDS`.

Its calls wait at a gate. It prints what came back and ends, if it is not killed before.
"""

from __future__ import annotations

import getpass
import sys

from mesos_py import ClusterExecutor
from mesos_py.protocol.framework import FrameworkInfo
from tests.support import calls

NS_PER_S = 1_000_000_000


def main() -> None:
    address, gate, count, failover_s = sys.argv[1:]
    framework = FrameworkInfo(
        user=getpass.getuser(), name="calls_program", failover_timeout_ns=int(float(failover_s) * NS_PER_S)
    )
    with ClusterExecutor(address, resources="cpus:0.5;mem:16", framework=framework) as executor:
        names = [f"call{number}" for number in range(int(count))]
        sys.stdout.write(" ".join(executor.map(calls.pass_gate, [gate] * len(names), names)))


if __name__ == "__main__":
    main()

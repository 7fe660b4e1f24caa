"""The OS process that measures one workload at one size, and tells what it found as one line of JSON.

The garbage collector is set as `libprocess_py` sets it for daemons. The yardstick is timed before and after. A short
workload is executed several times, for more samples; memory is that of the first time.
"""

from __future__ import annotations

import gc
import json
import platform
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import yardstick
from bench.allocator.definitions import Size
from bench.allocator.stopwatch import NS_PER_S, Stopwatch
from bench.allocator.workloads import DEFINITIONS_VERSION, WORKLOADS
from libprocess_py.runtime.program import COLLECTOR_THRESHOLDS

ENOUGH_NS: Final = NS_PER_S // 2  # Execute again until this much CPU time was spent; shorter ones tell too little.
EXECUTIONS_MAX: Final = 10  # More samples than that change no median.
STATUS: Final = Path("/proc/self/status")


def main(arguments: Sequence[str]) -> int:
    """`worker WORKLOAD AGENTS FRAMEWORKS [VARIANT]`"""
    workload, agents, frameworks, *variant = arguments
    size = Size(int(agents), int(frameworks), *variant)
    sys.stdout.write(json.dumps(measure(workload, size)) + "\n")
    return 0


def measure(workload: str, size: Size) -> dict[str, Any]:
    """All samples of the workload in this process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    run = WORKLOADS[workload].run
    watch = Stopwatch()
    before = yardstick_s()
    start = time.process_time_ns()
    run(size, watch)
    peak_bytes = peak_memory()
    for _ in range(EXECUTIONS_MAX - 1):
        if time.process_time_ns() - start > ENOUGH_NS:
            break
        gc.collect()
        run(size, watch)
    return {
        "definitions": DEFINITIONS_VERSION,
        "code": str(Path(__file__).resolve().parents[2]),
        "python": platform.python_version(),
        "yardsticks_s": [before, yardstick_s()],
        "peak_bytes": peak_bytes,
        "series": {
            name: {"unit": each.unit, "values": each.values, "offers": each.offers}
            for name, each in watch.series.items()
        },
    }


def yardstick_s() -> float:
    """CPU time of the yardstick's loop."""
    start = time.process_time_ns()
    yardstick.work()
    return (time.process_time_ns() - start) / NS_PER_S


def peak_memory() -> int:
    """Bytes that this process had resident at most.

    The kernel's count of the process counts what its parent had, too, so that of the address space is preferred.
    """
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

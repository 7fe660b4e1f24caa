"""The function executor as a program (`python -P -m` this), started by an agent."""

from __future__ import annotations

import os
import sys

from mesos_py.frameworks.executor.functions import FunctionExecutor
from mesos_py.frameworks.executor.running import run_executor


def main() -> int:
    return run_executor(FunctionExecutor(os.environ))


if __name__ == "__main__":
    sys.exit(main())

"""An executor as a program: environment in, one node with one driver on it, exit status out."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

from libprocess_py.core.failures import Policy
from libprocess_py.flags import FlagError
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run
from libprocess_py.runtime.settings import NodeSettings
from mesos_py.frameworks.executor.callbacks import Executor
from mesos_py.frameworks.executor.driver import ExecutorProcess
from mesos_py.frameworks.executor.environment import EnvironmentProblem, ExecutorEnvironment

EXIT_ENVIRONMENT: Final = 78  # EX_CONFIG


def run_executor(executor: Executor) -> int:
    """Serve one agent until it is over. Warnings go to the sandbox's `stderr`; no more, for tasks write there too."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        environment = ExecutorEnvironment.from_environ(os.environ)
        settings = NodeSettings.from_environ(os.environ)
    except (EnvironmentProblem, FlagError) as problem:
        sys.stderr.write(f"{problem}\n")
        return EXIT_ENVIRONMENT
    os.chdir(environment.sandbox)

    async def serve(node: LoopNode) -> int:
        driver = node.spawn(ExecutorProcess(executor, environment), Policy.ABORT_NODE)
        await result(node.wait(driver))
        return 0

    return run(serve, settings)

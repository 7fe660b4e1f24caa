"""A program: searches some seeds on behalf of `search` and writes the first failure, or None, to standard output.

What the scenario itself prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import pickle
import sys

from libprocess_py.deploy.shipping import pack
from libprocess_py.sim.search import search


def main() -> None:
    scenario, seeds = pickle.load(sys.stdin.buffer)  # noqa: S301  # From our own parent.
    with contextlib.redirect_stdout(sys.stderr):
        failure = search(scenario, seeds)
    sys.stdout.buffer.write(pack(failure))


if __name__ == "__main__":
    main()

"""`python -m libprocess_py.deploy`: what `mesos-py node` is, for those who installed nothing but this package."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import sys

from libprocess_py.deploy.program import NodeFlags, run
from libprocess_py.flags import FlagError, load, option_name, parse_bool
from libprocess_py.pid import Address
from libprocess_py.runtime import ListenError
from libprocess_py.runtime.settings import PREFIX
from libprocess_py.runtime.tls import TlsError


def main() -> int:
    parser = argparse.ArgumentParser("python -m libprocess_py.deploy", description="Run a node for actors of others.")
    for field in dataclasses.fields(NodeFlags):
        more: dict[str, str] = {"nargs": "?", "const": "true"} if field.metadata["parse"] is parse_bool else {}
        parser.add_argument(option_name(field.name), help=field.metadata["help"], **more)  # type: ignore[arg-type]  # Texts.
    given = {name: text for name, text in vars(parser.parse_args()).items() if text is not None}
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        return run(load(NodeFlags, given, environ=os.environ, prefix=PREFIX), ready=_announce)
    except FlagError as error:
        parser.error(str(error))
    except ListenError as error:
        parser.exit(1, f"{error.strerror}\n")
    except TlsError as error:
        parser.exit(1, f"{error}\n")


def _announce(address: Address) -> None:
    """Nobody may be reading: that is no failure."""
    try:
        sys.stdout.write(f"listening {address}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        pass


if __name__ == "__main__":
    sys.exit(main())

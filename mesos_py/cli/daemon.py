"""What the daemons share at their start: where log lines go, and how the one who started them learns that they are up.

Log lines go to standard error. Standard output carries one line only, `listening id@ip:port`, once the daemon can be
reached; whoever starts one with `--port 0` reads there which port it got.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import click

from libprocess_py.flags import FlagError
from libprocess_py.pid import PID
from libprocess_py.runtime.listening import ListenError
from libprocess_py.runtime.tls import TlsError

T = TypeVar("T")

READY_WORD: Final = "listening"
FORMAT: Final = "%(asctime)s.%(msecs)03d %(levelname)s %(message)s"
DATE_FORMAT: Final = "%Y-%m-%dT%H:%M:%S"

LOGGING_LEVEL: Final = click.option(
    "--logging-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    default="INFO",
    envvar="MESOS_LOGGING_LEVEL",
    help="Log from this level on, to standard error.  [MESOS_LOGGING_LEVEL; default: INFO]",
)


def serve(run: Callable[..., int], flags: T) -> int:
    """Run a daemon to its end; its exit status."""
    with mistakes_in_a_line():
        return run(flags, ready=announce)


@contextmanager
def mistakes_in_a_line() -> Iterator[None]:
    """What keeps a node from starting is a line. An address or a certificate that cannot be had is status 1.

    A LIBPROCESS_ variable that cannot be read is a mistake of usage, like a flag.
    """
    try:
        yield
    except FlagError as error:
        raise click.UsageError(str(error)) from error
    except ListenError as error:
        raise click.ClickException(str(error.strerror)) from error
    except TlsError as error:
        raise click.ClickException(str(error)) from error


def log_to_stderr(level: str) -> None:
    """Log from `level` on (DEBUG, INFO, WARNING, ERROR), one line an event."""
    logging.basicConfig(level=level, format=FORMAT, datefmt=DATE_FORMAT, stream=sys.stderr)


def announce(pid: PID) -> None:
    """Say on standard output that the daemon can be reached. Nobody may be reading: that is no failure."""
    try:
        sys.stdout.write(f"{READY_WORD} {pid}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        pass

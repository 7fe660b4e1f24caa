"""Where the other runtimes are found: in this environment, in one of their own below the user's cache, or not at all.

Nothing is installed unless it is asked for, and never into the environment of this program.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.actors.cases import CASES, Case

COMMON: Final = ("local_send", "fan_out", "dispatch_serial", "spawn", "terminate")
REMOTE: Final = ("remote_send_100B", "remote_ask_concurrent", "remote_ask_serial")
ALWAYS: Final = "pykka"  # It is installed with us, and two of our bars are multiples of it.


@dataclass(frozen=True, slots=True)
class Peer:
    """Another runtime: what it is, which cases it has, and what brings it."""

    name: str
    cases: tuple[str, ...] = COMMON
    package: str | None = None  # On PyPI; None: the standard library has it, or pip cannot bring it.
    program: str | None = None
    hint: str = ""

    @property
    def entries(self) -> dict[str, Case]:
        """Its cases under the names that they have in a report."""
        where = f"bench.actors.peers.{self.name}_peer"
        return {f"{self.name}_{name}": Case(f"{where}:{name.lower()}", CASES[name].scale) for name in self.cases}


PEERS: Final[Mapping[str, Peer]] = {
    peer.name: peer
    for peer in (
        Peer("pykka", package="pykka"),
        Peer("asyncio"),
        Peer("xoscar", cases=(*COMMON, *REMOTE), package="xoscar"),
        Peer("thespian", package="thespian"),
        Peer("erlang", cases=(*COMMON, "local_pingpong"), program="erl", hint="apt install erlang-base"),
    )
}


class Missing(Exception):
    """A runtime that is not there; the message says how to get it."""


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where environments are made."""
    base = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME") or "/var/tmp", ".cache")
    return Path(base) / "mesos-py" / "peers"


def interpreter_for(peer: Peer, folder: Path) -> str:
    """The Python that has the runtime. Raises Missing."""
    if peer.program is not None:
        if shutil.which(peer.program) is None:
            raise Missing(f"{peer.name} is not installed: {peer.hint}")
        return sys.executable
    if peer.package is None or importlib.util.find_spec(peer.package) is not None:
        return sys.executable
    own = folder / peer.name / "bin" / "python"
    if not own.exists():
        raise Missing(f"{peer.name} is not installed: --install-peers puts it into {folder / peer.name}")
    return str(own)


def install(peer: Peer, folder: Path) -> None:
    """Make an environment for the runtime if it has none. Raises Missing with what kept it from that."""
    try:
        interpreter_for(peer, folder)
    except Missing:
        if peer.package is None:
            raise
    else:
        return
    home = folder / peer.name
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        _call(sys.executable, "-m", "venv", str(home))
        _call(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", peer.package, "uvloop")
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(home, ignore_errors=True)
        reason = getattr(error, "stderr", None) or str(error)
        raise Missing(f"{peer.name} cannot be installed: {reason.strip().rpartition(chr(10))[2]}") from error


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)

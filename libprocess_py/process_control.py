"""What the kernel does for a process tree when a process dies (Linux `prctl`): parent-death signals and subreapers.

python-prctl does it where it could be built, pyprctl (pure Python) elsewhere, and on systems without `prctl` these are
no-ops that return False. Whoever starts processes says so once in its log (`is_available`). Imports little, because
launchers that live for one exec import it.
"""

from __future__ import annotations

try:
    import prctl
except ImportError:  # Not built here: it needs a C compiler and headers.
    try:
        import pyprctl as prctl
    except (
        ImportError,
        OSError,
        AttributeError,
    ):  # It looks for prctl() in the C library, and not every system has it.
        prctl = None


def is_available() -> bool:
    """Whether this system can tie processes to the life of their parent."""
    return prctl is not None


def set_parent_death_signal(signal: int) -> bool:
    """Have this process signalled when the *thread* that started it ends. Survives exec, not fork nor a change of user.

    A parent that died before the call is not noticed: compare `os.getppid()` afterwards.
    """
    if prctl is None:
        return False
    prctl.set_pdeathsig(signal)
    return True


def set_child_subreaper() -> bool:
    """Become the parent of every orphan among this process' descendants, so that none can leave the tree."""
    if prctl is None:
        return False
    prctl.set_child_subreaper(True)
    return True


def set_no_new_privs() -> bool:
    """Have no program that this process executes gain privileges, set-user-ID ones included. Cannot be undone."""
    if prctl is None:
        return False
    if prctl.__name__ == "pyprctl":
        prctl.set_no_new_privs()
    else:
        prctl.set_no_new_privs(True)
    return True

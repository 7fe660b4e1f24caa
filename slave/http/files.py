"""Reading sandboxes for the `/files` endpoints, on a thread: disks are slow, and directories may be long.

Tasks write what they like into their sandboxes, links and pipes included. So a path is resolved and must still be
inside, only regular files are opened, without waiting, and what was opened is looked at once more, since a task can
exchange a directory for a link at any moment.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from typing import Any, Final

from libprocess_py.message import Record
from libprocess_py.runtime.threads import ThreadedProcess
from slave.http.attached import Place

READ_MAX: Final = 1 << 20  # Bytes in one answer of `/files/read`; readers page on.
DOWNLOAD_MAX: Final = 64 << 20  # An answer is made in memory; larger files are read in pieces.
ENTRIES_MAX: Final = 10_000  # Of one directory.


class FileProblem(Record):
    """Why there is nothing to show: an HTTP status and a sentence."""

    status: int
    text: str


NOT_FOUND: Final = FileProblem(status=404, text="No such file or directory in a sandbox.")


class FileReader(ThreadedProcess):
    """Every answer is a value or a FileProblem; files that go away or break meanwhile are problems, too."""

    def browse(self, place: Place) -> list[dict[str, Any]] | FileProblem:
        """The entries of a directory, by name."""
        directory = _open(place)
        if isinstance(directory, FileProblem):
            return directory
        shown = f"{place.shown}/{place.rest}" if place.rest else place.shown
        try:
            names = sorted(os.listdir(directory))[:ENTRIES_MAX]
            return [entry for name in names if (entry := _entry(directory, name, shown=shown)) is not None]
        except NotADirectoryError:
            return FileProblem(status=400, text="Not a directory.")
        except OSError as error:
            return _broken(error)
        finally:
            os.close(directory)

    def read(self, place: Place, *, offset: int, length: int) -> tuple[bytes, int] | FileProblem:
        """Bytes from an offset, and the offset. A negative offset asks for the size."""
        file = _open_regular(place)
        if isinstance(file, FileProblem):
            return file
        try:
            size = os.fstat(file).st_size
            if offset < 0:
                return b"", size
            if offset >= size:
                return b"", offset
            return os.pread(file, min(length, READ_MAX), offset), offset
        except OSError as error:
            return _broken(error)
        finally:
            os.close(file)

    def download(self, place: Place) -> bytes | FileProblem:
        """The whole file."""
        file = _open_regular(place)
        if isinstance(file, FileProblem):
            return file
        with os.fdopen(file, "rb") as whole:
            if os.fstat(file).st_size > DOWNLOAD_MAX:
                return FileProblem(status=413, text=f"Over {DOWNLOAD_MAX} bytes: use /files/read with an offset.")
            try:
                return whole.read(DOWNLOAD_MAX)
            except OSError as error:
                return _broken(error)


def _broken(error: OSError) -> FileProblem:
    return FileProblem(status=500, text=f"The agent cannot read this: {error.strerror}.")


def _resolve(place: Place) -> str | None:
    """The real path, if it is inside the sandbox and there is something."""
    sandbox = os.path.realpath(place.sandbox)
    try:
        real = os.path.realpath(os.path.join(sandbox, place.rest), strict=True)
    except (OSError, ValueError):
        return None
    return real if _is_inside(real, sandbox) else None


def _is_inside(real: str, sandbox: str) -> bool:
    return real == sandbox or real.startswith(f"{sandbox}/")


def _open(place: Place) -> int | FileProblem:
    """Whatever it is, as long as it lies in the sandbox."""
    real = _resolve(place)
    if real is None:
        return NOT_FOUND
    try:
        file = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return NOT_FOUND
    if not _opened_inside(file, os.path.realpath(place.sandbox)):
        os.close(file)
        return NOT_FOUND
    return file


def _open_regular(place: Place) -> int | FileProblem:
    file = _open(place)
    if isinstance(file, FileProblem) or stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    return FileProblem(status=400, text="Not a regular file.")


def _opened_inside(file: int, sandbox: str) -> bool:
    """Where the open file really is, on systems that tell."""
    try:
        return _is_inside(os.readlink(f"/proc/self/fd/{file}"), sandbox)
    except OSError:
        return True


def _entry(directory: int, name: str, *, shown: str) -> dict[str, Any] | None:
    try:
        found = os.lstat(name, dir_fd=directory)
    except OSError:
        return None
    return {
        "gid": _group(found.st_gid),
        "mode": stat.filemode(found.st_mode),
        "mtime": found.st_mtime,
        "nlink": found.st_nlink,
        "path": f"{shown}/{_as_text(name)}",
        "size": found.st_size,
        "uid": _user(found.st_uid),
    }


def _as_text(name: str) -> str:
    """A name may be any bytes; those that are no text are replaced, and such a file can be seen but not opened."""
    return os.fsencode(name).decode(errors="replace")


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)

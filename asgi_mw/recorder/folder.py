"""The files of a spool folder: their names, their locks, their sizes, and when they go.

One *segment* is a database and what SQLite keeps beside it (``-wal``, ``-shm``), and a
``.lock`` that its writer holds while it writes.  The lock is on a file of its own, because
closing any descriptor of a database drops the POSIX locks that SQLite holds on it in that process
(https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder.plain import create, open_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: a lock is a file that only one can make; a dead owner is not noticed
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".db"
IGNORE, IGNORED = ".gitignore", b"*\n"
# A prefix that the reloaders of uvicorn, granian and watchfiles skip, whatever they look at
_HIDDEN = ".#"
_NAME = re.compile(
    r"(?:\.#)?[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[A-Za-z0-9_.]{1,40}-[0-9]+-[0-9a-f]{8}\.db"
)
_KEPT = "kept.db"
_PARTS = ("-wal", "-shm", "-journal")
_held: set[int] = set()


def _let_go() -> None:
    """In a child: close its copies of the parent's locks (flock), which the parent still holds."""
    while _held:
        with suppress(OSError):
            os.close(_held.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@dataclass(frozen=True, slots=True)
class Files:
    """One segment as it lies in the folder.

    Attributes:
        path: The database.
        bytes: What it takes on disk, with what SQLite keeps beside it.
        touched: When it was last written, in seconds since the epoch.
    """

    path: Path
    bytes: int
    touched: float


class Lock:
    """The advisory lock of a segment; :func:`lock` takes it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        _held.add(descriptor)

    def is_held(self) -> bool:
        """Whether its file is still there: without it, others think that the owner died."""
        return self._descriptor in _held and _is_at(self._descriptor, self._path)

    def release(self) -> None:
        """Let it go, and leave nothing behind."""
        if self._descriptor in _held:
            if self.is_held():  # else it is somebody else's by now
                self._path.unlink(missing_ok=True)
            _held.discard(self._descriptor)
            os.close(self._descriptor)


def lock(database: Path) -> Lock | None:
    """The lock of *database*, if nobody holds it.

    Raises:
        OSError: It cannot be made, or what lies in its place is no plain file.
    """
    path = database.with_suffix(".lock")
    while True:
        flags = os.O_RDWR | os.O_CREAT | (os.O_EXCL if fcntl is None else 0)
        try:
            descriptor = open_plain(path, flags)
        except FileExistsError:
            return None
        if fcntl is None:
            return Lock(path, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return Lock(path, descriptor)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its last owner removed the file


def is_live(database: Path) -> bool:
    """Whether somebody holds the lock of *database*."""
    path = database.with_suffix(".lock")
    if fcntl is None:
        return path.exists()
    try:
        descriptor = open_plain(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def parts(database: Path) -> list[Path]:
    """*database* and the names of what SQLite keeps beside it."""
    return [database, *(database.with_name(database.name + end) for end in _PARTS)]


def is_named_as_ours(database: Path) -> bool:
    """Whether it has a name that :func:`make_file` gives, or :func:`kept_of`."""
    return _NAME.fullmatch(database.name) is not None or is_kept(database)


def kept_of(folder: Path) -> Path:
    """The file of what was marked to be kept."""
    return folder / f"{_HIDDEN if folder.name.startswith('.') else ''}{_KEPT}"


def is_kept(database: Path) -> bool:
    """Whether *database* is such a file of what was marked."""
    return database.name.removeprefix(_HIDDEN) == _KEPT


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def make_folder(folder: Path) -> None:
    """Make *folder*, for its owner only, and keep it out of version control.

    Only the owner can write into folders above it that are made, whatever the umask: others could
    put another folder in its place.
    """
    for above in reversed([above for above in folder.parents if not above.exists()]):
        with suppress(FileExistsError):
            above.mkdir(mode=0o755)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)  # whatever the umask was
        try:
            create(folder / IGNORE, IGNORED)
        except OSError:  # the disk is full: the next attempt starts over
            with suppress(OSError):
                (folder / IGNORE).unlink(missing_ok=True)
                folder.rmdir()
            raise


def make_file(folder: Path) -> tuple[Path, Lock]:
    """Make an empty file for a new segment, for its owner only, and its lock.

    Names sort by time, and none is used twice.  In a folder whose name begins with a dot, they
    begin with one, too: what we write must not make a reloader restart the server.
    """
    host = re.sub(r"[^A-Za-z0-9_.]", "_", socket.gethostname())[:40] or "_"
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    hidden = _HIDDEN if folder.name.startswith(".") else ""
    path = folder / f"{hidden}{at}-{host}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
    held = lock(path)
    if held is None:
        raise OSError(f"somebody holds the lock of {path}, a name just made")
    try:
        # SQLite gives -wal and -shm the mode of the database
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except BaseException:
        held.release()
        raise
    return path, held


def segments(folder: Path) -> list[Files]:
    """The segments in *folder*, the oldest first; other files with such a name are among them.

    Raises:
        StoreError: The folder cannot be read.
    """
    sizes: dict[str, tuple[int, float]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # removed meanwhile
                    found = entry.stat(follow_symlinks=False)
                    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
                    sizes[entry.name] = (size, found.st_mtime)
    except FileNotFoundError:
        return []
    except OSError as error:
        message = f"{folder} cannot be read: {error.strerror or error}"
        raise StoreError(message) from error
    listed = []
    for name in sorted(sizes, key=lambda name: name.removeprefix(_HIDDEN)):
        if name.endswith(SUFFIX):
            there = [
                sizes[part] for part in (name, *(name + end for end in _PARTS)) if part in sizes
            ]
            size, touched = sum(size for size, _ in there), max(at for _, at in there)
            listed.append(Files(folder / name, size, touched))
    return listed


def remove(database: Path) -> None:
    """Remove a segment whose lock the caller holds; the database is removed first."""
    for path in parts(database):
        path.unlink(missing_ok=True)
    settle_request(database)


def _request(database: Path) -> Path:
    return database.with_suffix(".release")


def ask_for(database: Path) -> None:
    """Ask the writer of *database* to let go of it and begin a new segment."""
    with suppress(FileExistsError):
        create(_request(database))


def is_asked_for(database: Path) -> bool:
    """Whether somebody asks for *database*."""
    return os.path.lexists(_request(database))


def settle_request(database: Path) -> None:
    """Remove the request for *database*, if there is one."""
    _request(database).unlink(missing_ok=True)


def retain(
    folder: Path,
    max_bytes: int,
    max_age: float | None,
    removing: Callable[[Path], object] = lambda _: None,
) -> int:
    """Remove the oldest segments over *max_bytes* and those over *max_age*; return how many.

    Only segments whose lock can be taken are removed: those of dead workers, and closed ones.

    Args:
        max_bytes: What may stay, in bytes.
        max_age: Seconds since a segment was last written; ``None`` keeps them.
        removing: Called with each segment before it is removed, while it is locked.

    Raises:
        OSError: One could not be removed; raised after all others were tried.
    """
    found = [files for files in segments(folder) if not is_kept(files.path)]
    total = sum(files.bytes for files in found)
    removed = 0
    faults = []
    for files in found:
        over_age = max_age is not None and time() - files.touched > max_age
        if (not over_age and total <= max_bytes) or not is_named_as_ours(files.path):
            continue
        try:
            if (held := lock(files.path)) is not None:
                try:
                    removing(files.path)
                    remove(files.path)
                    total -= files.bytes
                    removed += 1
                finally:
                    held.release()
        except OSError as error:
            faults.append(error)
    for fault in faults:
        raise fault
    return removed

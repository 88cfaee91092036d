"""Run a store in a process that gets a signal half-way: before SQLite removes a journal.

``python -m tests.recorder.half_way FOLDER WHAT SIGNAL COUNT``: at the COUNTth time.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import signal
import subprocess
import sys

from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore
from tests.recorder.made import made
from tests.system import lacking

# What it has written before
WRITTEN = [made(number, path=f"/{number}", response=b"x" * 5000) for number in range(1, 21)]
# Where a Python has no SQLite that can be reached
_NO_SQLITE = 77


class Vfs(ctypes.Structure):
    """The head of https://sqlite.org/c3ref/vfs.html."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
        ("delete", ctypes.c_void_p),
    )


Delete = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)


def started(
    folder: object, what: str, sent: signal.Signals, count: int = 1
) -> subprocess.Popen[bytes]:
    """A process that does it, and gets the signal."""
    line = [
        sys.executable,
        "-m",
        "tests.recorder.half_way",
        str(folder),
        what,
        sent.name,
        str(count),
    ]
    return subprocess.Popen(line)


def killed(folder: object, what: str, count: int = 1) -> None:
    """Do that in a process that is killed half-way."""
    with started(folder, what, signal.SIGKILL, count) as process:
        code = process.wait()
    if code == _NO_SQLITE:
        lacking("the SQLite of this Python cannot be reached")
    assert code == -signal.SIGKILL


def interrupt(sent: signal.Signals, count: int) -> object:
    """Send this process the signal before a journal is removed; what has to be kept for that."""
    try:
        find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
    except (AttributeError, OSError):
        sys.exit(_NO_SQLITE)
    find.restype = ctypes.POINTER(Vfs)
    vfs = find(None).contents
    real = ctypes.cast(vfs.delete, Delete)
    left = count

    def delete(this: int, name: bytes, sync: int) -> int:
        nonlocal left
        if name.endswith(b"-journal"):
            left -= 1
            if not left:
                os.kill(os.getpid(), sent)
        return int(real(this, name, sync))

    ours = Delete(delete)
    vfs.delete = ctypes.cast(ours, ctypes.c_void_p).value
    return ours


def main(folder: str, what: str, sent: str, count: str) -> None:
    """Begin, and be interrupted."""
    store = SpoolStore(folder)
    segment = None
    if what != "read":
        segment = Segment(store.folder)
        segment.write([encode(one) for one in WRITTEN], tallies=[("dropped", "full", 3)])
        if what != "close":
            segment.close()
    kept = interrupt(signal.Signals[sent], int(count))
    if what == "close" and segment is not None:
        segment.close()
    elif what == "purge":
        store.purge(Query(path="/1?"))
    elif what == "keep":
        store.keep(WRITTEN[0].id)
        store.keep(WRITTEN[1].id)
    else:
        list(store.exchanges())
    assert kept


if __name__ == "__main__":
    main(*sys.argv[1:])

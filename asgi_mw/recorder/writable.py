"""Whether a spool folder can be written: tested by writing, before anything is recorded."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import mkdtemp

from asgi_mw.errors import StoreError
from asgi_mw.recorder.segment import Segment


def why_not_writable(folder: Path) -> str:
    """Why no exchange could be written into *folder*; empty if they can.

    A segment is begun in it, as a worker would, and removed again; the folder is made if need
    be, and stays.  Permission bits would show less: root is not bound by them, and they do not
    show that a disk is read-only or full.
    """
    try:
        Segment(folder).close()
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{where}"
    except (sqlite3.Error, StoreError) as error:
        return str(error)
    return ""


def why_not_makable(folder: Path) -> str:
    """Why *folder*, which is not there, could not be made; empty if it can.

    A folder is made in the nearest parent that exists, and removed again.
    """
    above = next(one for one in folder.absolute().parents if one.exists())
    try:
        Path(mkdtemp(prefix=".#asgi-mw-", dir=above)).rmdir()
    except OSError as error:
        return f"{error.strerror or error} ({above})"
    return ""

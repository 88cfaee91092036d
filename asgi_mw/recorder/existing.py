"""Open a store that somebody recorded into, or say how to record into one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from asgi_mw.errors import AsgiMwError
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from asgi_mw.recorder.store import Store

DEFAULT_STORE = ".asgi-mw"
"""The folder where the commands look for a store, below the one where they run."""
STORE_VARIABLE = "ASGI_MW_STORE"
"""The variable of the environment that names the store of the commands."""
# Bytes to the end of the application id (https://sqlite.org/fileformat.html#application_id)
_HEADER = 72
_APPLICATION = b"asgi"


class NothingRecordedError(AsgiMwError):
    """There is no store yet, or none that another process could have filled."""


def is_there(name: str) -> bool:
    """Whether something is called *name*, as far as that can be seen: a store, or a folder."""
    return "://" in name or name.startswith("memory") or Path(name).exists()


def is_store(name: str) -> bool:
    """Whether a store is called *name*, as far as that can be seen."""
    path = Path(name)
    if not path.exists():
        return is_there(name)
    try:
        return any(map(_is_ours, path.iterdir()))
    except OSError:  # reading it shows why
        return True


def _is_ours(path: Path) -> bool:
    """Whether *path* is what makes a folder a store: a segment, or what marks the folder."""
    from asgi_mw.recorder import folder  # noqa: PLC0415  # only where there is something
    from asgi_mw.recorder.plain import open_plain  # noqa: PLC0415  # the same

    if folder.is_named_as_ours(path):
        return True
    if path.name != folder.IGNORE and path.suffix != folder.SUFFIX:
        return False
    try:
        descriptor = open_plain(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        begin = os.read(descriptor, _HEADER)
    finally:
        os.close(descriptor)
    if path.name == folder.IGNORE:
        return begin == folder.IGNORED
    return begin.endswith(_APPLICATION)  # a segment, whatever its name is now


def meant(name: str) -> str:
    """The name of the store in the folder *name*, which is no store itself; empty if none."""
    inside = str(Path(name) / DEFAULT_STORE)
    return inside if is_store(inside) else ""


def recorded(name: str) -> Store:
    """Open the store called *name* to read what was recorded.

    Raises:
        NothingRecordedError: There is none yet, or a folder of something else, or none that
            another process could have filled.
        StoreError: It cannot be a store.
        ConfigError: *name* cannot be the name of a store.

    >>> recorded("memory:")
    Traceback (most recent call last):
    asgi_mw.recorder.existing.NothingRecordedError: memory: is seen only by the process that \
records; record to a folder: record(app, store='traffic/')
    """
    if name.startswith("memory"):
        raise NothingRecordedError(
            f"{name} is seen only by the process that records; "
            "record to a folder: record(app, store='traffic/')"
        )
    if not is_store(name):
        where = f"{'in' if is_there(name) else 'at'} {printable(name)}"
        if inside := meant(name):
            mend = f"did you mean {printable(inside)}?"
        else:
            mend = (
                "make some with: asgi-mw run module:app, "
                f"or say where they are with --store FOLDER or ${STORE_VARIABLE}"
            )
        raise NothingRecordedError(f"there are no recordings {where} yet; {mend}")
    from asgi_mw.recorder.open import open_store  # noqa: PLC0415  # slow to import

    return open_store(name)

"""Open a store that somebody recorded into, or say how to record into one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from asgi_mw.errors import AsgiMwError
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from asgi_mw.recorder.store import Store

STORE_VARIABLE = "ASGI_MW_STORE"
"""The variable of the environment that names the store of the commands."""


class NothingRecordedError(AsgiMwError):
    """There is no store yet, or none that another process could have filled."""


def is_there(name: str) -> bool:
    """Whether there is a store called *name*, as far as that can be seen."""
    return "://" in name or name.startswith("memory") or Path(name).exists()


def recorded(name: str) -> Store:
    """Open the store called *name* to read what was recorded.

    Raises:
        NothingRecordedError: There is none yet, or none that another process could have filled.
        StoreError: It cannot be one.
        ConfigError: *name* is none of a store.

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
    if not is_there(name):
        raise NothingRecordedError(
            f"there are no recordings at {printable(name)} yet; "
            "make some with: asgi-mw run module:app, "
            f"or say where they are with --store FOLDER or ${STORE_VARIABLE}"
        )
    from asgi_mw.recorder.open import open_store  # noqa: PLC0415  # slow to import

    return open_store(name)

"""Ship a spool from the process that records into it, beside its requests."""

from __future__ import annotations

import os
import weakref
from threading import Lock
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder.breath import Breath
from asgi_mw.recorder.open import open_store
from asgi_mw.recorder.postgres import PostgresStore
from asgi_mw.recorder.processes import also_ended
from asgi_mw.recorder.shipping.shipper import Shipper
from asgi_mw.recorder.spool import SpoolStore

if TYPE_CHECKING:
    from asgi_mw.errors import Problems
    from asgi_mw.recorder.store import Store

_MEND = "write ship='postgresql://user@host/database'"


class Beside:
    """A thread that ships, in each process that records; of all of them, one ships at a time.

    Args:
        store: The spool.
        target: A history in PostgreSQL.
    """

    def __init__(self, store: SpoolStore, target: PostgresStore) -> None:
        self._store = store
        self._target = target
        self._lock = Lock()
        self._pid = 0
        self._shipper: Shipper | None = None
        also_ended(self)

    def start(self) -> None:
        """Ship from this process; cheap where it does so already."""
        if self._shipper is None or self._pid != os.getpid():
            self._start()

    def end(self, timeout: float) -> None:
        """Ship what is on disk, for at most *timeout* seconds, and end; may be started again."""
        shipper, self._shipper = self._shipper, None
        if shipper is not None and self._pid == os.getpid():
            shipper.stop(timeout)

    def _start(self) -> None:
        if self._pid != os.getpid():  # the parent may have held it
            self._lock, self._shipper, self._pid = Lock(), None, os.getpid()
        with self._lock:
            if self._shipper is None:
                store = self._store
                shipper = Shipper(store.folder, self._target, store.faults, store.dropped, Breath())
                shipper.start()
                # If nobody ends it, its thread stops when this is no longer used
                weakref.finalize(self, shipper.stop, 0.0, join=False).atexit = False
                self._shipper = shipper


def beside(store: Store, ship: Store | str, problems: Problems) -> Beside | None:
    """What ships *store* to *ship*; ``None`` if it cannot, which is then in *problems*."""
    try:
        target = open_store(ship) if isinstance(ship, str) else ship
    except (ValueError, StoreError) as error:
        problems.add("ship", "…", str(error), _MEND)
        return None
    if not isinstance(target, PostgresStore):
        problems.add("ship", target, "is no history of several hosts", _MEND)
    elif not isinstance(store, SpoolStore):
        mend = "record to a folder as well: store='traffic/'"
        problems.add("ship", target, "there is no folder to ship from", mend)
    else:
        return Beside(store, target)
    return None

"""What the spools that are open in a process do when it ends, and after a fork."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.recorder.shipping.beside import Beside
    from asgi_mw.recorder.spool import SpoolStore

_END_SECONDS = 1.5
_stores: weakref.WeakSet[SpoolStore] = weakref.WeakSet()
_shipping: weakref.WeakSet[Beside] = weakref.WeakSet()
# The processes that have a finalizer of multiprocessing; a fork inherits the parent's
_finalized: set[int] = set()


def opened(store: SpoolStore) -> None:
    """Let *store* know of the end of this process, and of a fork."""
    _stores.add(store)


def also_ended(beside: Beside) -> None:
    """Let *beside* know of the end of this process, once the stores have written what they took."""
    _shipping.add(beside)


def also_without_atexit() -> None:
    """Also end what is open in a child that multiprocessing forked, as granian's workers are.

    Such a child runs its finalizers, and then exits without atexit.
    """
    util = sys.modules.get("multiprocessing.util")
    if util is not None and os.getpid() not in _finalized:
        _finalized.add(os.getpid())
        util.Finalize(None, _end_all, exitpriority=0)


def _end_all() -> None:
    for store in list(_stores):
        store.end_with_process()
    for beside in list(_shipping):
        beside.end(_END_SECONDS)


def _renew_all() -> None:
    for store in list(_stores):
        store.forked()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)

"""Open a store by its name."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from asgi_mw.errors import Problems
from asgi_mw.recorder.store import Store


def open_store(target: str | PathLike[str], **options: Any) -> Store:
    """Open the store called *target*; nothing is written until the first exchange.

    Args:
        target: ``"memory:"`` only for this process, or the path of a folder of SQLite files, one
            per worker process, which any process can read at any time.
        options: ``memory`` (most bytes that recorded connections take in this process); for a
            folder also those of :class:`~asgi_mw.recorder.spool.SpoolStore`.

    Raises:
        ConfigError: *target* or an option is wrong.
        StoreError: *target* is a file or cannot be a folder.

    >>> open_store("memory:").stats().exchanges
    0
    """
    problems = Problems("open_store")
    if not isinstance(target, (str, PathLike)):
        problems.add("target", target, "is no name", "write 'memory:' or the path of a folder")
        problems.check()
    name = fspath(target)
    if name == "memory:" and (odd := options.keys() - {"memory"}):
        mend = "memory: has no other option than memory"
        for option in sorted(odd):
            problems.add(option, options[option], "is for stores on disk", mend)
        problems.check()
    if name == "memory:":
        from asgi_mw.recorder.memory import MemoryStore  # noqa: PLC0415  # only where it is used

        return MemoryStore(**options)
    if not name or "://" in name or name.startswith("memory"):
        mend = "write 'memory:' or the path of a folder"
        problems.add("target", target, "no store is known by that name", mend)
        problems.check()
    from asgi_mw.recorder.spool import SpoolStore  # noqa: PLC0415  # sqlite3 is slow to import

    return SpoolStore(Path(name), **options)


def opened(store: Store | str | PathLike[str] | None, problems: Problems) -> Store:
    """The store that the option *store* of a layer names, and ``"memory:"`` where it names none.

    Args:
        store: A store, or what :func:`open_store` opens; ``None`` is ``"memory:"``.
        problems: Where it is noted that it can be neither.
    """
    if isinstance(store, Store):
        return store
    try:
        return open_store("memory:" if store is None else store)
    except ValueError as error:
        problems.add("store", store, str(error), "see open_store")
        return open_store("memory:")

"""Open a store by its name."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from asgi_mw.errors import Problems
from asgi_mw.printable import without_password
from asgi_mw.recorder.store import Store

_POSTGRES = ("postgresql://", "postgres://")


def open_store(target: str | PathLike[str], **options: Any) -> Store:
    """Open the store called *target*; nothing is written until the first exchange.

    Args:
        target: ``"memory:"`` only for this process; the path of a folder of SQLite files, one
            per worker process, which any process can read at any time; or the address of a
            database, ``"postgresql://user@host:5432/database"``, to read what several hosts
            shipped to it.
        options: ``memory`` (most bytes that recorded connections take in this process); for a
            folder also those of :class:`~asgi_mw.recorder.spool.SpoolStore`.  For a database
            only those of :class:`~asgi_mw.recorder.postgres.store.PostgresStore`.

    Raises:
        ConfigError: *target* or an option is wrong.
        StoreError: *target* is a file or cannot be a folder.
        MissingExtraError: *target* is a database, and psycopg is not installed.

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
    if name.startswith(_POSTGRES):
        from asgi_mw.recorder.postgres import PostgresStore  # noqa: PLC0415  # an extra

        known = {"max_age", "max_bytes"}
        for option in sorted(options.keys() - known):
            mend = f"a database has {' and '.join(sorted(known))}"
            problems.add(option, options[option], "is for stores that record", mend)
        problems.check()
        return PostgresStore(name, **options)
    if not name or "://" in name or name.startswith("memory"):
        mend = "write 'memory:', the path of a folder, or postgresql://user@host/database"
        problems.add("target", without_password(name), "no store is known by that name", mend)
        problems.check()
    from asgi_mw.recorder.spool import SpoolStore  # noqa: PLC0415  # sqlite3 is slow to import

    return SpoolStore(Path(name), **options)


def opened(store: Store | str | PathLike[str] | None, problems: Problems) -> Store:
    """The store that the option *store* of a layer names, and ``"memory:"`` where it names none.

    Args:
        store: A store, or what :func:`open_store` opens; ``None`` is ``"memory:"``.
        problems: Where it is noted if *store* is neither.
    """
    try:
        found = (
            store if isinstance(store, Store) else open_store("memory:" if store is None else store)
        )
    except ValueError as error:
        said = without_password(store) if isinstance(store, str) else store
        problems.add("store", said, str(error), "see open_store")
        return open_store("memory:")
    if not found.records:
        mend = (
            "record to a folder, and ship it: record(app, store='traffic/', ship='postgresql://…')"
        )
        problems.add("store", found, "takes no requests itself: they would wait for it", mend)
        return open_store("memory:")
    return found

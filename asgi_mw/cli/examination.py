"""What ``asgi-mw doctor`` looks at: versions, extras, SQLite, and the store."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from asgi_mw.amounts import size
from asgi_mw.cli.options import is_address
from asgi_mw.codings.libraries import ALL, library
from asgi_mw.errors import AsgiMwError
from asgi_mw.explaining import described
from asgi_mw.printable import without_password
from asgi_mw.recorder.existing import DEFAULT_STORE, is_store, meant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.recorder.store import Stats
    from asgi_mw.types import App

Level: TypeAlias = Literal["ok", "note", "warning", "error"]

# The distributions that each extra brings
EXTRAS = {
    "analyse": ("duckdb",),
    "cli": ("python-dotenv", "rich", "uvicorn", "websockets"),
    "compress": ("brotli", "isal")
    if sys.version_info >= (3, 14)
    else ("brotli", "isal", "backports.zstd"),
    "fast": ("msgspec",),
    "mcp": ("mcp",),
    "otlp": ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    "conformance": ("anyio", "h2"),
    "postgres": ("psycopg",),
    "prometheus": ("prometheus-client",),
    "test": ("pytest", "httpx2"),
}
_SERVERS = ("uvicorn", "hypercorn", "granian", "daphne", "gunicorn")
_FRAMEWORKS = ("fastapi", "starlette", "nexios", "django", "litestar", "quart")
_CORE = ("anyio", "asgiref", "click", "opentelemetry-api", "structlog")
_WAL_RESET_MENDED = (3, 51, 3)
_FREE_BYTES = 100_000_000
_LITTLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: What was looked at.
        level: ``"ok"``, ``"note"``, ``"warning"`` or ``"error"``.
        says: What was found.
        mend: What to do; empty if there is nothing to do.
    """

    about: str
    level: Level
    says: str
    mend: str = ""


def examine(store: str) -> Iterator[Finding]:
    """Look at everything, the store called *store* last."""
    yield Finding(
        "python", "ok", f"{platform.python_version()} ({platform.platform()}), {sys.executable}"
    )
    yield _versions("asgi-mw", ("asgi-mw", *_CORE), missing="error")
    yield _versions("servers", _SERVERS, missing="note")
    yield _versions("frameworks", _FRAMEWORKS, missing="note")
    for extra, names in EXTRAS.items():
        yield _extra(extra, names)
    yield _codings()
    yield _sqlite()
    yield from _store(store)


def examine_layers(app: App) -> Iterator[Finding]:
    """Look at each layer of *app* that can be seen, and at what it notes about its options."""
    for name, notes, refused in described(app):
        yield Finding("layer", "ok", name)
        for note in notes:
            yield Finding("layer", "error" if refused else "warning", note.strip())


def _versions(about: str, names: tuple[str, ...], *, missing: Level) -> Finding:
    found = {name: _version(name) for name in names}
    present = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    absent = ", ".join(name for name, version in found.items() if not version)
    if missing == "error" and absent:
        mend = "install it anew: pip install --force-reinstall asgi-mw"
        return Finding(about, "error", f"missing: {absent}; found: {present or 'nothing'}", mend)
    return Finding(about, "ok" if present else "note", present or f"none of {absent}")


def _extra(extra: str, names: tuple[str, ...]) -> Finding:
    absent = [name for name in names if not _version(name)]
    if absent:
        mend = f'if you want it: pip install "asgi-mw[{extra}]"'
        return Finding(f"extra {extra}", "note", f"without {', '.join(absent)}", mend)
    return Finding(f"extra {extra}", "ok", ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _codings() -> Finding:
    found = {coding: library(coding) for coding in ALL}
    says = ", ".join(f"{coding}: {by}" for coding, by in found.items() if by)
    absent = [coding for coding, by in found.items() if not by]
    if absent:
        says += f"; without {', '.join(absent)}, which are neither offered nor decoded"
        return Finding("codings", "note", says, 'if you want them: pip install "asgi-mw[compress]"')
    return Finding("codings", "ok", says)


def _sqlite() -> Finding:
    try:
        import sqlite3  # noqa: PLC0415  # some Pythons are built without it
    except ImportError:
        says = "this Python has no sqlite3: only the store 'memory:' works"
        return Finding("sqlite", "error", says, "take a Python with sqlite3, or install libsqlite3")
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= _WAL_RESET_MENDED:
        return Finding("sqlite", "ok", version)
    says = (
        f"{version}: recordings are safe; its WAL-reset fault, gone in 3.51.3, needs two that "
        "write one file, and each file of a store has one"
    )
    return Finding("sqlite", "note", says)


def _store(name: str) -> Iterator[Finding]:
    if name == "memory:":
        yield Finding("store", "note", f"{name} is seen only by the process that records")
        return
    if is_address(name):
        yield from _history(name)
        return
    try:
        from asgi_mw.recorder.open import open_store  # noqa: PLC0415  # sqlite3 may be missing
        from asgi_mw.recorder.writable import why_not_makable, why_not_writable  # noqa: PLC0415  # the same

        store = open_store(name)
        folder = Path(name)
        if not is_store(name):
            inside = meant(name)
            mend = f"did you mean {inside}?" if inside else "record: asgi-mw run module:app"
            why = why_not_makable(folder / DEFAULT_STORE)  # tries the folder itself, if it is there
            yield (
                _unwritable(name, why)
                if why
                else Finding("store", "note", f"{name}: none yet", mend)
            )
            return
        stats = store.stats()
        reading = store.exchanges()
        next(reading, None)  # looks into every file
        reading.close()
        problems = dict.fromkeys([*stats.problems, *reading.problems])
    except (AsgiMwError, OSError, ImportError) as error:
        reason = getattr(error, "strerror", None) or error
        yield Finding("store", "error", f"{name} cannot be read: {reason}")
        return
    yield Finding(
        "store",
        "ok",
        f"{folder.absolute()}: {stats.exchanges:,} exchanges, {stats.in_flight:,} in flight, "
        f"{size(stats.bytes)}",
    )
    if stats.lost:
        says = f"{stats.lost:,} connections were lost: their processes died while they served them"
        yield Finding("store", "warning", says, "look at them: asgi-mw ls --outcome lost")
    for problem in problems:
        yield Finding("store", "error", problem)
    yield from _counted(stats)
    if why := why_not_writable(folder):
        yield _unwritable(name, why)
    yield from _permissions(folder)
    yield from _room(folder, stats.bytes)


def _history(name: str) -> Iterator[Finding]:
    """Look whether a database can be reached, and what is in it."""
    shown = without_password(name)
    try:
        from asgi_mw.recorder.postgres import PostgresStore  # noqa: PLC0415  # an extra

        store = PostgresStore(name)
        there = store.is_there()
    except (AsgiMwError, ImportError) as error:
        yield Finding("store", "error", str(error))
        return
    if not there:
        mend = f"ship recordings to it: asgi-mw ship --to {shlex.quote(shown)}"
        yield Finding("store", "note", f"{shown} can be reached; it is empty", mend)
        return
    stats = store.stats()
    store.close()
    says = f"{shown}: {stats.exchanges:,} exchanges, {size(stats.bytes)}"
    yield Finding("store", "ok", says)
    for problem in stats.problems:
        yield Finding("store", "error", problem)
    yield from _counted(stats)


def _counted(stats: Stats) -> Iterator[Finding]:
    """What was lost while it was recorded, and what failed."""
    yield from (
        Finding("store", "warning", f"{count:,} exchanges were lost: {reason}")
        for reason, count in stats.dropped.items()
    )
    yield from (
        Finding("store", "warning", f"recording failed {count:,} times: {place}")
        for place, count in stats.faults.items()
    )


def _unwritable(name: str, why: str) -> Finding:
    mend = "record as the user whose folder it is, or to another one: --store FOLDER"
    return Finding("store", "error", f"{name} cannot be written: {why}", mend)


def _permissions(folder: Path) -> Iterator[Finding]:
    """Look whether only their owner can read the recordings."""
    if os.name != "posix":
        return
    open_ones = [path for path in (folder, *sorted(folder.iterdir())) if _is_open(path)]
    if open_ones:
        more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
        says = f"{open_ones[0]}{more} can be read or written by other users"
        yield Finding("store", "error", says, f"chmod -R go-rwx {shlex.quote(str(folder))}")


def _is_open(path: Path) -> bool:
    """Whether others can read recordings, or put something else into their place.

    That they see the names in the folder does not count.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:  # removed meanwhile
        return False
    others = 0o077 if ".db" in path.name and stat.S_ISREG(found.st_mode) else 0o022
    if _is_private(found.st_gid, found.st_uid):
        others &= 0o007
    return not stat.S_ISLNK(found.st_mode) and bool(stat.S_IMODE(found.st_mode) & others)


def _is_private(group: int, owner: int) -> bool:
    """Whether *owner* is alone in *group*, as where each user has a group of the same name."""
    import grp  # noqa: PLC0415  # POSIX has it
    import pwd  # noqa: PLC0415  # the same

    try:
        found, user = grp.getgrgid(group), pwd.getpwuid(owner).pw_name
    except KeyError:  # a user or a group without a name
        return False
    return found.gr_name == user and set(found.gr_mem) <= {user}


def _room(folder: Path, taken: int) -> Iterator[Finding]:
    """Whether there is room to record; if not, whether a purge would make some."""
    if hasattr(os, "statvfs"):
        found = os.statvfs(folder)
        free = found.f_bavail * found.f_frsize
        if free < _FREE_BYTES:
            says = f"only {size(free)} are free where {folder} is"
            half = max(taken // 2, 1)
            mend = (
                f"make room: asgi-mw purge --keep-bytes {half} --store {shlex.quote(str(folder))}"
            )
            if taken < _LITTLE:
                mend = "make room: the store takes next to none of it"
            yield Finding("store", "warning", says, mend)

"""The secret that opens the page: one for all workers, and for all reloads.

Whoever can read it can read the recordings, or the memory of the process, anyway.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from base64 import urlsafe_b64encode
from contextlib import suppress
from multiprocessing.process import current_process
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from asgi_mw.recorder.folder import make_folder
from asgi_mw.recorder.plain import create, open_plain

if TYPE_CHECKING:
    from asgi_mw.errors import Problems
    from asgi_mw.recorder.store import Store

VARIABLE = "ASGI_MW_INSPECTOR_TOKEN"
# In the folder of the store; reloaders skip names that begin with .#
FILE = ".#inspector-token"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,128}")


class Token:
    """The token of the page over *store*.

    It is the first of these that exists: the variable ``ASGI_MW_INSPECTOR_TOKEN``; the text of a
    file in the store's folder, which only its owner can read, and which is made if it is missing;
    or what the processes that one parent started share, as the workers and reloads of a server.
    A new file gets that shared value, too: so a parent knows it before a child makes the folder.

    Args:
        store: The store.
        problems: Collects what is wrong with the variable.
    """

    def __init__(self, store: Store, problems: Problems) -> None:
        self._lock = Lock()
        self._value = os.environ.get(VARIABLE, "")
        folder = getattr(store, "folder", None)
        self._folder = folder if isinstance(folder, Path) else None
        if self._value and not _TOKEN.fullmatch(self._value):
            mend = "take what this prints: openssl rand -hex 16"
            reason = "is not 24 to 128 letters, digits, - and _"
            problems.add(VARIABLE, "...", reason, mend)

    def value(self) -> str:
        """The token; it may have to be read, which blocks."""
        if not self._value:
            with self._lock:
                self._value = self._value or _kept(self._folder) or _shared()
        return self._value

    def promised(self) -> str:
        """The token before the file is written, if only child processes make the folder."""
        if self._folder is None or os.path.lexists(self._folder / FILE):
            return self.value()
        return self._value or _shared(self._folder)

    def fits(self, given: str) -> bool:
        """Whether *given* is the token; the time that this takes reveals nothing of the token."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.value().encode())

    @property
    def is_known(self) -> bool:
        """Whether it has been read."""
        return bool(self._value)


def _shared(folder: Path | None = None) -> str:
    """A secret of all processes of one parent, made of a key that multiprocessing hands down.

    It differs for each folder: whoever can read one folder must not get the token of another.
    """
    key = bytes(current_process().authkey)
    where = b"" if folder is None else os.fsencode(folder)
    digest = hmac.digest(key, b"asgi-mw inspector" + where, "sha256")
    return urlsafe_b64encode(digest[:24]).decode()


def _kept(folder: Path | None) -> str:
    """The token in the file in *folder*, which is made if it is missing; empty if that fails."""
    if folder is None:
        return ""
    path = folder / FILE
    try:
        found = _read(path)
        if not found:
            make_folder(folder)
            fresh = folder / f"{FILE}-{secrets.token_hex(8)}"
            create(fresh, _shared(folder).encode())
            try:
                with suppress(FileExistsError):  # another worker was first
                    os.link(fresh, path)
            finally:
                fresh.unlink()
            found = _read(path)
    except Exception:  # noqa: BLE001  # a store that can only be read, or a disk without links
        return ""
    return found


def _read(path: Path) -> str:
    """The token in *path*; empty if there is none, or if others can read or write the file."""
    try:
        descriptor = open_plain(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        status = os.fstat(descriptor)
        text = os.read(descriptor, 1024).decode("ascii", "replace")
    finally:
        os.close(descriptor)
    if os.name == "posix" and (
        stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid()
    ):
        return ""
    return text if _TOKEN.fullmatch(text) else ""

"""Find out from the server's own stack frames where it listens, before it serves."""

from __future__ import annotations

import socket
import sys
from multiprocessing.process import current_process
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.chains import peek
from asgi_mw.inspector.address import base_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SERVERS = frozenset({"granian", "gunicorn", "hypercorn", "uvicorn", "uvicorn_worker"})


class Listening(NamedTuple):
    """What is known of the server.

    Attributes:
        base: The base URL for a browser on this machine; ``None`` if the frames do not show it.
        is_first: Whether this is its only worker, or the first of several.
    """

    base: str | None
    is_first: bool


class _Told(NamedTuple):
    """What one frame shows; sockets are certain, a worker may have settings that nobody made."""

    sockets: tuple[Any, ...] = ()
    base: str | None = None
    secure: bool = False
    is_first: bool = True


def listening() -> Listening:
    """What the stack frames of the callers show of the server that called them.

    The ``receive`` of a lifespan shows less, because frameworks wrap it.  Never raises.

    >>> listening()
    Listening(base=None, is_first=True)
    """
    try:
        told = list(_frames())
    except Exception:  # noqa: BLE001  # a server of another version, or a subclass of anybody's
        return Listening(None, is_first=True)
    secure = any(one.secure for one in told)
    sockets = [sock for one in told for sock in one.sockets]
    base = next((one.base for one in told if one.base), None)
    if sockets:
        base = next(filter(None, (_base_of_socket(sock, secure=secure) for sock in sockets)), None)
    return Listening(base, all(one.is_first for one in told))


def _frames() -> Iterator[_Told]:
    """What each frame of a server shows, the innermost first."""
    frame = sys._getframe()  # noqa: SLF001  # traceback.walk_stack does the same
    while (above := frame.f_back) is not None:
        frame = above
        server = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if server in _SERVERS:
            names = frame.f_locals
            yield _gunicorn(names) or _granian(names) or _settings(names)


def _settings(names: Mapping[str, Any]) -> _Told:
    """Read uvicorn's or hypercorn's ``config``, and ``sockets`` if another process bound them."""
    config = names.get("config", peek(names.get("self"), "config"))
    secure = bool(peek(config, "is_ssl") or peek(config, "ssl_enabled"))
    sockets = names.get("sockets") or ()
    if not isinstance(sockets, (list, tuple)):  # hypercorn's object, which may have both kinds
        tls = peek(sockets, "secure_sockets")
        sockets = tls if tls and secure else peek(sockets, "insecure_sockets", ())
    workers = peek(config, "workers", 1)
    first = workers in {0, 1} or _number() in {"1", "MainProcess"}
    return _Told(tuple(sockets), _base_of_settings(config, secure=secure), secure, first)


def _base_of_settings(config: object, *, secure: bool) -> str | None:
    host, port = peek(config, "host"), peek(config, "port")
    if isinstance(host, str) and isinstance(port, int):
        elsewhere = peek(config, "uds") or peek(config, "fd") is not None
        return None if elsewhere or not port else base_of(host, port, secure=secure)
    binds = peek(config, "bind")
    if isinstance(binds, list) and binds and isinstance(binds[0], str):
        host, _, said = binds[0].rpartition(":")
        if host and host not in {"unix", "fd"} and said.isdigit() and int(said):
            return base_of(host.strip("[]"), int(said), secure=secure)
    return None


def _gunicorn(names: Mapping[str, Any]) -> _Told | None:
    """Read gunicorn's worker; if it is uvicorn's, uvicorn's own settings are not those in use."""
    worker = names.get("self")
    config, sockets = peek(worker, "cfg"), peek(worker, "sockets")
    if config is None or not isinstance(sockets, list):
        return None
    first = peek(config, "workers", 1) == 1 or peek(worker, "age", 1) == 1
    return _Told(tuple(sockets), None, bool(peek(config, "is_ssl")), first)


def _granian(names: Mapping[str, Any]) -> _Told | None:
    """Read granian's server, if the worker was forked from it, or the number of the worker."""
    host, port = (peek(names.get("self"), name) for name in ("bind_addr", "bind_port"))
    if isinstance(host, str) and isinstance(port, int):
        secure = bool(peek(names["self"], "ssl_ctx", [False])[0])
        elsewhere = peek(names["self"], "bind_uds")
        return _Told((), None if elsewhere or not port else base_of(host, port, secure=secure))
    if isinstance(number := names.get("worker_id"), int):
        return _Told(is_first=number == 1)
    return None


def _base_of_socket(sock: Any, *, secure: bool) -> str | None:
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return None
    host, port, *_ = sock.getsockname()
    return base_of(host, port, secure=secure)


def _number() -> str:
    """Which child of its parent this process is, as multiprocessing names it."""
    return current_process().name.rpartition("-")[2]

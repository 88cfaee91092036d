"""Refuse an address that a server could not listen on, before anything starts."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from asgi_mw.errors import AsgiMwError
from asgi_mw.printable import printable


class AddressError(AsgiMwError):
    """The server cannot listen there; the message says why and where it can."""


def checked(host: str, port: int) -> int:
    """The port to listen on: *port*, or one that is free if it is 0.

    Raises:
        AddressError: It is taken, forbidden or not this machine's.
    """
    found = _bound(host, port)
    if isinstance(found, int):
        return found
    if found.errno == errno.EADDRINUSE:
        free = next((p for p in range(port + 1, 65536) if isinstance(_bound(host, p), int)), 0)
        raise AddressError(
            f"port {port} of {host} is in use; stop the program that listens there, "
            f"or take another: --port {free}"
        )
    if found.errno == errno.EACCES:
        raise AddressError(f"port {port} needs privileges; take one from 1024 on: --port 8000")
    raise AddressError(
        f"nobody can listen on {host} here ({found.strerror or found}); --host 127.0.0.1 is for "
        "this machine alone, --host 0.0.0.0 for its networks"
    )


def check_uds(path: str) -> None:
    """Go on if a server can make a Unix socket at *path*; one that nobody listens on is removed.

    Raises:
        AddressError: Somebody listens there, something else is there, or it cannot be made.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise AddressError("this system has no Unix sockets; leave out --uds")
    shown = printable(path)
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(Path(path).lstat().st_mode):
            raise AddressError(f"{shown} is there, and is no socket; name another --uds")
        with socket.socket(socket.AF_UNIX) as sock:
            try:
                sock.connect(path)
            except ConnectionRefusedError:  # left behind by a server that was killed
                Path(path).unlink()
            except OSError as error:
                raise AddressError(f"{shown} cannot be used: {error.strerror or error}") from None
            else:
                raise AddressError(
                    f"{shown} is in use; stop the program that listens there, or name another --uds"
                )
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.bind(path)
        except OSError as error:
            raise AddressError(
                f"no socket can be made at {shown}: {error.strerror or error}"
            ) from None
    Path(path).unlink()


def remove_uds(path: str) -> None:
    """Remove the socket that some servers leave behind."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            Path(path).unlink()


def _bound(host: str, port: int) -> int | OSError:
    """The port that could be bound, or why none could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET  # as the servers do
    with socket.socket(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            return error
        return int(sock.getsockname()[1])

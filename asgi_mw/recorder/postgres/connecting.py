"""Connections to PostgreSQL: checked once, kept for the next call, shown without the password."""

from __future__ import annotations

import os
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from asgi_mw.errors import MissingExtraError, Problems, StoreError
from asgi_mw.printable import without_password
from asgi_mw.recorder.postgres import schema

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError:
    raise MissingExtraError("psycopg", "postgres") from None

if TYPE_CHECKING:
    from collections.abc import Callable

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

_T = TypeVar("_T")
_IDLE = 4
# The first version with pg_current_snapshot() and xid8
_OLDEST = 130_000
# Unless the address says otherwise: a host that is gone is no reason to wait for minutes
_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "tcp_user_timeout": "30000",
    "fallback_application_name": "asgi-mw",
    "client_encoding": "utf8",
}
_EXAMPLE = "postgresql://user@host:5432/database"


class _Idle:
    """Connections that nobody uses now; the one that was used last is used again first."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._waiting: deque[Connection] = deque()
        self._inherited: deque[Connection] = deque()

    def take(self) -> Connection | None:
        """One of them, if there is one."""
        if self._pid != os.getpid():  # in a child: only the parent may close its connections
            self._inherited, self._waiting, self._pid = self._waiting, deque(), os.getpid()
        try:
            return self._waiting.pop()
        except IndexError:
            return None

    def put(self, connection: Connection) -> None:
        """Keep *connection*, unless there are enough."""
        if len(self._waiting) < _IDLE and not connection.closed:
            self._waiting.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close all."""
        while (connection := self.take()) is not None:
            connection.close()


class Connections:
    """Connections to one database, made as they are needed; threads may share it.

    Args:
        address: What libpq takes: ``postgresql://…``.  What it does not say comes from
            ``PGPASSWORD``, ``PGSERVICE``, ``~/.pgpass`` and the like.

    Raises:
        ConfigError: *address* is not the address of a database.

    Attributes:
        shown: The address without its password.
    """

    def __init__(self, address: str) -> None:
        self.shown = without_password(address)
        problems = Problems("open_store")
        try:
            self._parts = conninfo_to_dict(address)
        except psycopg.Error:  # whose message may quote the password
            mend = f"write {_EXAMPLE}, and what is odd in a password as %40"
            problems.add("target", self.shown, "is no address of a database", mend)
            self._parts = {}
        if "@" in str(self._parts.get("host", "")):
            mend = "write it there as %40, or give it by PGPASSWORD"
            problems.add("target", self.shown, "the password has an @ in it", mend)
        problems.check()
        self._idle = _Idle()
        weakref.finalize(self, self._idle.close)

    def ask(self, ask: Callable[[Connection], _T], *, writes: bool = False) -> _T:
        """What *ask* returns for a connection; called again if an idle one turns out to be broken.

        Args:
            ask: What to do; it may be called twice.
            writes: *ask* changes something: it is called again only if nothing was done.

        Raises:
            StoreError: The database cannot be reached, or does not answer as it should.
        """
        while (connection := self._idle.take()) is not None:
            try:
                if writes:
                    connection.execute("SELECT 1")
                answer = ask(connection)
            except psycopg.Error as error:
                if not connection.broken:
                    self._idle.put(connection)
                    raise self.fault(error) from error
                connection.close()
                self.close()  # the others are as old
            except BaseException:
                connection.close()
                raise
            else:
                self._idle.put(connection)
                return answer
        connection = self.open()
        try:
            answer = ask(connection)
        except psycopg.Error as error:
            connection.close()
            raise self.fault(error) from error
        except BaseException:
            connection.close()
            raise
        self._idle.put(connection)
        return answer

    def open(self) -> Connection:
        """A new connection, in autocommit.

        Raises:
            StoreError: It cannot be opened, or leads to a database that cannot hold a history.
        """
        try:
            connection = psycopg.connect(
                **{**_DEFAULTS, **self._parts},  # type: ignore[arg-type]  # libpq's own words
                autocommit=True,
                prepare_threshold=None,  # a pool before the server may not support it
            )
        except psycopg.Error as error:
            raise self.fault(error) from error
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close those that are idle."""
        self._idle.close()

    def fault(self, error: Exception) -> StoreError:
        """*error* as the caller gets it: without the password, and with what to do."""
        said = " ".join(str(error).split())
        if password := str(self._parts.get("password") or ""):
            said = said.replace(password, "***")
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            said += f"; let this user read: {schema.GRANTS}"
        elif isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
            return StoreError(f"{self.shown} cannot be reached: {said}")
        return StoreError(f"{self.shown}: {said}")

    def _check(self, connection: Connection) -> None:
        info = connection.info
        encoding = info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                f"{self.shown} has the encoding {encoding}, which cannot hold every path; "
                "make another: createdb --encoding UTF8 --template template0 NAME"
            )
        if info.server_version < _OLDEST:
            version = info.server_version // 10_000
            raise StoreError(f"{self.shown} is PostgreSQL {version}; 13 or newer is needed")

"""What a check works with: both ends of a connection, with the server between them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import FailedError, NotOfferedError
from asgi_mw.conformance.clock import left
from asgi_mw.conformance.http1 import NUMBER, Http, numbers
from asgi_mw.conformance.http2 import Http2, speaks_http2
from asgi_mw.conformance.process import Process
from asgi_mw.conformance.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.conformance.clock import Clock
    from asgi_mw.conformance.puppet import Puppet, Stage
    from asgi_mw.conformance.servers import Server

# Seconds, in addition to those of the check
_STARTS = 60.0
_CLEANS_UP = 30.0


class Kit:
    """Both ends, for one check.

    Attributes:
        server: Which server it is.
        clock: How long to wait.
        process: The server that runs now; most checks share one.
        found: By the type of the scope, the rules of ASGI that the server broke in all checks,
            each with what is wrong.
    """

    def __init__(self, server: Server, app: str, stage: Stage, clock: Clock) -> None:
        self.server = server
        self.clock = clock
        self._app = app
        self._stage = stage
        self.process: Process | None = None
        self._shared: Process | None = None
        self._first = 0
        self.lifespan: Puppet | None = None
        self.found: dict[str, dict[str, str]] = {}
        self._speaks_http2: bool | None = None
        self._open: list[Any] = []
        self._puppets: list[Puppet] = []

    @contextlib.contextmanager
    def checking(self) -> Iterator[None]:
        """Run one check: what it opens is closed afterwards."""
        self.clock.begin()
        self._first = next(numbers)
        self._puppets.clear()
        try:
            yield
        finally:
            self.clock.begin(_CLEANS_UP)
            for end in self._open:
                end.close()
            for puppet in self._puppets:
                puppet.close()
                self.note(puppet)
            self._open.clear()

    def start(self) -> None:
        """Start the server, unless it runs.

        Raises:
            StartError: It does not begin to listen.
        """
        if self._shared is not None and self._shared.status is None:
            return
        self.stop()
        self.clock.begin(_STARTS)
        self._shared = Process(self.server, self._app, self._stage.address, self.clock)
        self.process = self._shared
        self.process.wait_until_it_listens()
        self.lifespan = self._stage.next(0.5)

    def stop(self) -> None:
        """End the server."""
        if self._shared is not None:
            self._shared.end()
        if self.lifespan is not None:
            self.lifespan.close()
            self.note(self.lifespan)
        self._shared = self.process = self.lifespan = None

    @contextlib.contextmanager
    def another(self) -> Iterator[Process]:
        """Another server, whose lifespan the kit drives, until the block ends."""
        process = Process(self.server, self._app, self._stage.address, self.clock, driven=True)
        self.process = process
        try:
            yield process
        finally:
            process.end()
            self.process = self._shared

    @property
    def port(self) -> int:
        """Where the server listens."""
        if self.process is None:
            raise FailedError("no server runs")
        return self.process.port

    def connect(self, receive_buffer: int = 0) -> Http:
        """A connection of HTTP/1.1."""
        http = Http(self.port, self.clock, receive_buffer)
        self._open.append(http)
        return http

    def http2(self) -> Http2:
        """A connection of HTTP/2.

        Raises:
            NotOfferedError: The server speaks none without TLS.
            MissingExtraError: h2 is not installed.
        """
        if self._speaks_http2 is None:
            self._speaks_http2 = speaks_http2(self.port, self.clock)
        if not self._speaks_http2:
            raise NotOfferedError("it speaks no HTTP/2 without TLS")
        client = Http2(self.port, self.clock)
        self._open.append(client)
        return client

    def app(self, kind: str = "http", within: float | None = None) -> Puppet:
        """The next call of the app.

        Raises:
            FailedError: There is none, or it is of another type.
        """
        puppet = self.app_or_none(within)
        if puppet is None:
            raise FailedError(f"the app is not called with a scope of type {kind}")
        if puppet.kind != kind:
            raise FailedError(f"the app is called with type {puppet.kind}, not {kind}")
        return puppet

    def app_or_none(self, within: float | None = None) -> Puppet | None:
        """The next call of the app; ``None`` if there is none."""
        until = self.clock.until(within)
        while (puppet := self._stage.next(left(until))) is not None:
            if puppet.kind == "lifespan" and self._lifespan_is_late:
                self.lifespan = puppet
            elif self._is_stale(puppet):
                puppet.close()
            else:
                self._puppets.append(puppet)
                return puppet
        return None

    def _is_stale(self, puppet: Puppet) -> bool:
        """Whether it is for a request of a check that is over: some servers call the app late.

        Some take the preface of HTTP/2 for a request, too.
        """
        if puppet.scope.get("method") == "PRI":
            return True
        headers = puppet.scope.get("headers")
        for name, value in headers if isinstance(headers, list) else ():
            if name.lower() == NUMBER and value.isdigit():
                return int(value) < self._first
        return False

    @property
    def _lifespan_is_late(self) -> bool:
        """Whether the lifespan of the shared server has not come yet: a worker may begin late."""
        return self.lifespan is None and self.process is self._shared

    def ask(
        self,
        method: str = "GET",
        target: str = "/",
        *lines: bytes,
        body: bytes | None = None,
        version: str = "1.1",
    ) -> tuple[Http, Puppet]:
        """Send a request; return the client, and the call of the app for it."""
        http = self.connect()
        http.ask(method, target, *lines, body=body, version=version)
        return http, self.app()

    def shake(self, target: str = "/", *lines: bytes) -> tuple[WebSocket, Puppet]:
        """Ask for a WebSocket; return the client, and the app's call, which got ``connect``."""
        client = WebSocket(self.connect())
        client.shake(target, *lines)
        app = self.app("websocket")
        message = app.received()
        if message["type"] != "websocket.connect":
            raise FailedError(f"the first message is {message}")
        return client, app

    def socket(self, target: str = "/", *lines: bytes) -> tuple[WebSocket, Puppet]:
        """A WebSocket that was accepted."""
        client, app = self.shake(target, *lines)
        app.send("websocket.accept")
        client.shaken()
        return client, app

    def note(self, puppet: Puppet) -> None:
        """Note the rules that the server broke in that call."""
        kind = "http2" if puppet.scope.get("http_version") == "2" else puppet.kind
        for rule, said in puppet.found:
            self.found.setdefault(kind, {}).setdefault(rule, said)

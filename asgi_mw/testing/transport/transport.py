"""The transport: starts the app, and calls it for the requests of clients."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from inspect import isclass
from typing import TYPE_CHECKING, Any, Self

import anyio

from asgi_mw.errors import MissingExtraError, Problems
from asgi_mw.options import integer, number
from asgi_mw.recorder import open_store, record
from asgi_mw.testing.behaviour import UVICORN, Behaviour
from asgi_mw.testing.transport.errors import TransportError
from asgi_mw.testing.transport.lifespan import Lifespan
from asgi_mw.testing.transport.response import package_of, respond
from asgi_mw.testing.transport.scopes import Scopes
from asgi_mw.testing.transport.serving import Serving, Terms
from asgi_mw.testing.transport.upload import Upload
from asgi_mw.testing.transport.websocket import connect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from anyio.abc import TaskGroup
    from httpx import AsyncBaseTransport as _Httpx
    from httpx2 import AsyncBaseTransport as _Httpx2

    from asgi_mw.events import Exchange
    from asgi_mw.types import AnyApp

    class _Base(_Httpx, _Httpx2):
        """A transport for the clients of both, which check no class at run time."""

        async def handle_async_request(self, request: Any) -> Any: ...

else:
    _Base = object


class Transport(_Base):
    """Serves *app* to ``httpx.AsyncClient`` and ``httpx2.AsyncClient``, without a socket.

    It is open inside ``async with Transport(app) as transport:``, and also inside ``async with
    AsyncClient(transport=transport)``, which opens it.  Use both in one task, on asyncio or
    trio.  While it is open, the app's lifespan is up.  Each request runs the app in a task of its
    own, with a copy of the client's context variables.

    Both directions are streamed.  ``send`` waits until the client has taken the previous message;
    an iterator that the client sends is read as the app calls ``receive``.  A client that closes
    a response early has left: the app receives the disconnect.

    When a response has been read or closed, the app's call has ended, background tasks included.
    A transport that closes also closes the responses that are still open; no task is left.

    Args:
        behaviour: Which server to play.  A message that no client could read is refused, even if
            its ``invalid_send`` is ``None``.
        root_path: As it stands in the scope; ``path`` is what the client asked for.
        client: Address and port of the client.
        http_version: As ``"2"``.
        spec_version: Of ``scope["asgi"]``, as ``"2.4"``.
        extensions: More extensions for the scope.
        disconnect_after: The client leaves after that many messages of a body, or of a
            WebSocket; the response ends there.  With 0 it leaves after the beginning.
        send_raises: What ``send`` raises once the client has left, as ``OSError``; with ``None``
            it does what *behaviour* says.
        raise_app_exceptions: Raise what leaves the app.  ``False`` gives the client what servers
            give it: status 500, a response that is cut off, or close code 1011.  What leaves the
            app after its client left is not raised.
        lifespan: Whether to run the lifespan.
        timeout: Seconds that the app has to start, to shut down, and to end its call when the
            response is over or the client has left.

    Raises:
        ConfigError: An option cannot be right.
        MissingExtraError: Neither httpx2 nor httpx is installed.
    """

    def __init__(
        self,
        app: AnyApp,
        *,
        behaviour: Behaviour = UVICORN,
        root_path: str | None = None,
        client: tuple[str, int] | None = None,
        http_version: str | None = None,
        spec_version: str | None = None,
        extensions: Mapping[str, Any] | None = None,
        disconnect_after: int | None = None,
        send_raises: type[BaseException] | None = None,
        raise_app_exceptions: bool = True,
        lifespan: bool = True,
        timeout: float = 5.0,
    ) -> None:
        problems = Problems("Transport")
        if not callable(app):
            problems.add("app", app, "is no ASGI app", "give an app, as Transport(app)")
        if not isinstance(behaviour, Behaviour):
            problems.add("behaviour", behaviour, "is no Behaviour", "give one, as GRANIAN")
        if disconnect_after is not None:
            disconnect_after = integer(disconnect_after, "disconnect_after", problems)
        if send_raises is not None and not (
            isclass(send_raises) and issubclass(send_raises, BaseException)
        ):
            problems.add(
                "send_raises", send_raises, "is no class of exceptions", "give one, as OSError"
            )
        if client is not None and not (isinstance(client, tuple | list) and len(client) == 2):
            problems.add("client", client, "is no pair", "write ('127.0.0.1', 50000)")
        for option, value in [
            ("root_path", root_path),
            ("http_version", http_version),
            ("spec_version", spec_version),
        ]:
            if value is not None and not isinstance(value, str):
                problems.add(option, value, "is no string", "put it in quotes")
        timeout = number(timeout, "timeout", problems)
        problems.check()
        if find_spec("httpx2") is None and find_spec("httpx") is None:
            raise MissingExtraError("httpx2", "test")
        if send_raises is not None:
            behaviour = replace(
                behaviour,
                http_send_after_disconnect=send_raises,
                websocket_send_after_disconnect=send_raises,
            )
        if behaviour.invalid_send is None:
            behaviour = replace(behaviour, invalid_send=RuntimeError)
        self._app = app
        self._store = open_store("memory:")
        self._terms = Terms(
            app=record(app, store=self._store),
            behaviour=behaviour,
            disconnect_after=disconnect_after,
            raises=raise_app_exceptions,
            timeout=timeout,
        )
        own = {
            "root_path": root_path,
            "client": client,
            "http_version": http_version,
            "spec_version": spec_version,
        }
        self._scopes = Scopes(behaviour, own, extensions or {})
        self._runs_lifespan = lifespan
        self._lifespan: Lifespan | None = None
        self._tasks: TaskGroup | None = None
        self._opened = 0
        self._running: set[Serving] = set()

    @property
    def exchanges(self) -> list[Exchange]:
        """All requests and WebSockets so far, in the order in which they began.

        Secrets are masked.  An exchange that is still being served has no outcome.
        """
        found = [*self._store.exchanges(), *self._store.in_flight()]
        return sorted(found, key=lambda exchange: exchange.id)

    async def __aenter__(self) -> Self:
        """Start the app, unless the transport is open.

        Raises:
            TransportError: The app failed to start, or does not in time.
        """
        if self._tasks is None:
            if self._runs_lifespan:
                lifespan = Lifespan(self._app, self._scopes.lifespan(), self._terms.timeout)
                await lifespan.start()
                self._lifespan = lifespan
            self._opened = 0
            self._tasks = await anyio.create_task_group().__aenter__()
        self._opened += 1
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close, if everybody who opened it has left.

        Raises:
            TransportError: The app failed to shut down, or does not in time.
        """
        self._opened -= 1
        if self._opened <= 0:
            await self._close(exc_type, exc_value, traceback)

    async def aclose(self) -> None:
        """Close now: let all clients leave, wait for the app, cancel what still runs."""
        await self._close(None, None, None)

    async def _close(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tasks, self._tasks = self._tasks, None
        lifespan, self._lifespan = self._lifespan, None
        if tasks is None:
            return
        cancelled = isinstance(error, anyio.get_cancelled_exc_class())
        left = (kind, error, traceback) if cancelled else (None, None, None)
        try:
            try:
                for serving in self._running:
                    serving.leave()
                if error is None:
                    await self._ended()
            finally:
                tasks.cancel_scope.cancel()
                # A task group would put any other exception into an exception group
                await tasks.__aexit__(*left)
        finally:
            if lifespan is not None:
                await lifespan.stop(kind, error, traceback)

    async def _ended(self) -> None:
        with anyio.move_on_after(self._terms.timeout):
            for serving in list(self._running):
                while not (serving.ended or serving.stuck):
                    await serving.changed()

    async def handle_async_request(self, request: Any) -> Any:
        """Give the response to *request*, of httpx or httpx2, as soon as it begins.

        Raises:
            TransportError: The transport is not open, or the app returned without a response.
        """
        tasks = self._tasks
        if tasks is None:
            raise TransportError(
                "the transport is not open; write: async with Transport(app) as transport, "
                "or: async with AsyncClient(transport=transport) as client"
            )
        package = package_of(request.__class__)
        state = {} if self._lifespan is None else self._lifespan.state
        serving = Serving(self._scopes.of(request, state), self._terms)
        if serving.scope["type"] == "websocket":
            serving.inbox.append({"type": "websocket.connect"})
        elif isinstance(request.stream, package.ByteStream):
            body = b"".join(request.stream)
            serving.inbox.append({"type": "http.request", "body": body, "more_body": False})
        else:
            serving.upload = Upload(request.stream, serving, tasks)
        self._running.add(serving)
        tasks.start_soon(self._serve, serving)
        if serving.scope["type"] == "websocket":
            return await connect(serving, package)
        return await respond(serving, package)

    async def _serve(self, serving: Serving) -> None:
        try:
            await serving.run()
        finally:
            self._running.discard(serving)

"""Send requests to an app in this process, and judge what it does; what hangs is left behind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.amounts import plural
from asgi_mw.cli.operations import Ask, DocumentError
from asgi_mw.cli.watchdog import BlockedError, Watchdog
from asgi_mw.redaction import DEFAULT
from asgi_mw.spec import validate
from asgi_mw.testing import (
    TransportError,
    Wire,
    WireError,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from asgi_mw.testing.transport.lifespan import Lifespan
from asgi_mw.tracebacks import summary
from asgi_mw.troubles import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.spec import Finding
    from asgi_mw.spec.rule import Profile
    from asgi_mw.testing import Result
    from asgi_mw.types import App, Message, Scope

# Seconds in which a cancelled task has to end, and an app whose client left
_GRACE = 1.0
_LIFESPAN = Ask("", "lifespan", name="lifespan")
_AGENT = ("user-agent", "asgi-mw check")
_HOST = ("host", "127.0.0.1:8000")
_KEY = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
# Takes what is found while one request is served, in whichever task the app works
_found: ContextVar[list[Finding]] = ContextVar("found")


@dataclass(slots=True)
class Served:
    """One request that was sent, what was found on its connection, and the status of the answer."""

    ask: Ask
    found: list[Finding] = field(default_factory=list)
    status: int | None = None


@dataclass(slots=True)
class Driven:
    """What came of all requests.

    Attributes:
        served: In the order in which they were sent; the lifespan last, if it ended.
        troubles: What went wrong besides.
        stuck: Something runs that nobody can stop: the process has to be ended at once.
    """

    served: list[Served] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    stuck: bool = False


class Driver:
    """Plays a server to *app*: starts it, sends one request after the other, and shuts it down.

    Args:
        app: What is judged.
        profile: Which rules judge it.
        timeout: Seconds that it has to start, for each request, and to shut down.
        around: Puts a layer around the app, for requests.
        step: Called after each request.
    """

    def __init__(
        self,
        app: App,
        *,
        profile: Profile,
        timeout: float,
        around: Callable[[App], App] = lambda app: app,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = validate(app, on_violation=_take, profile=profile)
        self._outer = around(self._app)
        self._timeout = timeout
        self._step = step
        self._watchdog = Watchdog(timeout)
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._state: dict[str, Any] = {}
        self._started = False
        self.driven = Driven()

    def drive(
        self,
        asks: Iterable[Ask],
        first: Ask | None = None,
        described: Callable[[Result], Iterable[Ask]] = lambda _: (),
    ) -> Driven:
        """Send *first*, the requests that its answer describes, and then *asks*.

        Args:
            asks: What to send.
            first: Asks for a document of what else to send; ``None`` for none.
            described: Makes requests of the answer to *first*; may raise a ``DocumentError``.
        """
        runner = asyncio.Runner()
        before = set(threading.enumerate())
        runner.run(self._main(list(asks), first, described))
        hangs = any(one.kind == "hang" for one in self.driven.troubles)
        # Closing it would wait for the threads in which the app hangs
        self.driven.stuck |= hangs and bool(set(threading.enumerate()) - before)
        if not self.driven.stuck:
            runner.close()
        return self.driven

    async def _main(
        self, asks: list[Ask], first: Ask | None, described: Callable[[Result], Iterable[Ask]]
    ) -> None:
        async with self._watchdog.watching():
            lifespan = Served(_LIFESPAN)
            _found.set(lifespan.found)
            running = asyncio.create_task(self._live())
            await asyncio.wait(
                {running, asyncio.ensure_future(self._up.wait())},
                timeout=self._timeout + 2 * _GRACE,
                return_when=asyncio.FIRST_COMPLETED,
            )
            self._blocked(_LIFESPAN, 0)
            if self._started:
                if first is not None:
                    asks = [*await self._described(first, described), *asks]
                for number, ask in enumerate(asks):
                    if self.driven.stuck:
                        left = plural(len(asks) - number, "request")
                        self._trouble("hang", ask, f"not sent, since the app hangs: {left}")
                        break
                    await self._served(ask)
            caught = len(self._watchdog.caught)
            self._down.set()
            if not await self._ended(running, self._timeout):
                what = "shut down" if self._started else "start"
                self._hangs(_LIFESPAN, f"the app does not {what} within {self._timeout:g} s")
            self._blocked(_LIFESPAN, caught)
            self.driven.served.append(lifespan)

    async def _described(self, ask: Ask, described: Callable[[Result], Iterable[Ask]]) -> list[Ask]:
        result = await self._served(ask)
        try:
            return list(described(result)) if result else []
        except DocumentError as error:
            self._trouble("document", ask, str(error))
            return []

    async def _live(self) -> None:
        """Start the app, and shut it down when all is done: both in one task."""
        lifespan = Lifespan(self._app, lifespan_scope(), self._timeout)
        try:
            await lifespan.start()
        except TransportError as error:
            self._trouble("startup", _LIFESPAN, str(error))
            return
        self._state, self._started = lifespan.state, True
        self._up.set()
        await self._down.wait()
        try:
            await lifespan.stop(None, None, None)
        except TransportError as error:
            self._trouble("shutdown", _LIFESPAN, str(error))

    async def _served(self, ask: Ask) -> Result | None:
        """Send one; the result, or ``None`` if the app did not end."""
        served = Served(ask)
        self.driven.served.append(served)
        caught = len(self._watchdog.caught)
        task = asyncio.create_task(self._one(served))
        ended = await self._ended(task, self._timeout + 2 * _GRACE)
        self._step()
        if self._blocked(ask, caught):
            return None
        if not ended:
            self._hangs(ask, f"it does not end within {self._timeout:g} s")
            return None
        return task.result()

    def _blocked(self, ask: Ask, caught: int) -> bool:
        """Whether it held the event loop after the watchdog's first *caught* times; report it."""
        places = self._watchdog.caught[caught:]
        if places:
            self._hangs(ask, f"it held the event loop for {self._timeout:g} s, at {places[0]}")
        return bool(places)

    async def _ended(self, task: asyncio.Task[Any], seconds: float) -> bool:
        """Whether *task* ended, and not by its cancellation.

        It is cancelled after so many *seconds*; if that does not end it, nothing can stop it.
        """
        for limit in (seconds, _GRACE):
            done, _ = await asyncio.wait({task}, timeout=limit)
            if done:
                with suppress(asyncio.CancelledError, BlockedError):
                    await task
                return not task.cancelled()
            task.cancel()
        self.driven.stuck = True
        return False

    async def _one(self, served: Served) -> Result | None:
        _found.set(served.found)
        ask, caught = served.ask, len(self._watchdog.caught)
        scope, messages = _connection(ask, self._state)
        async with Wire(
            self._outer, scope, messages=messages, timeout=self._timeout, snapshots=False
        ) as wire:
            result = wire.result
            try:
                await wire.finished()
            except WireError:
                where = wire.where()
                await wire.disconnect()
                with anyio.move_on_after(_GRACE), suppress(WireError):
                    await wire.finished()
                # To stream without an end is no fault, if the stream ends when its client leaves
                if not (result.ended and result.sent):
                    self._hangs(ask, f"after {self._timeout:g} s {where}".rstrip(": "))
                return None
        served.status = result.status
        if not (
            result.raised is None or result.disconnected or len(self._watchdog.caught) > caught
        ):
            self._trouble("raised", ask, f"the app raised {summary(result.raised, DEFAULT.text)}")
        return result

    def _hangs(self, ask: Ask, said: str) -> None:
        """Report that *ask* hangs, unless that was reported for it already."""
        what = ask.what.strip()
        if not any(one.kind == "hang" and one.what == what for one in self.driven.troubles):
            self._trouble("hang", ask, said)

    def _trouble(self, kind: Any, ask: Ask, said: str) -> None:
        self.driven.troubles.append(Trouble(kind, ask.what.strip(), said))


def _take(finding: Finding) -> None:
    _found.get().append(finding)


def _connection(ask: Ask, state: dict[str, Any]) -> tuple[Scope, list[Message]]:
    """The scope and the script of one connection."""
    own = [(name.lower(), value) for name, value in ask.headers]
    names = {name for name, _ in own}
    usual = [one for one in (_HOST, _AGENT) if one[0] not in names]
    if ask.method == "WS":
        scope = websocket_scope(ask.target, headers=[*usual, _KEY, *own], state={**state})
        leaves = {"type": "websocket.disconnect", "code": 1000, "reason": ""}
        return scope, [{"type": "websocket.connect"}, leaves]
    if ask.body and "content-length" not in names:
        own.append(("content-length", str(len(ask.body))))
    scope = http_scope(ask.method, ask.target, headers=[*usual, *own], state={**state})
    return scope, [{"type": "http.request", "body": ask.body, "more_body": False}]

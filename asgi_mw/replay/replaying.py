"""Drive an app with what was recorded, and record what it does now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import anyio

from asgi_mw.differences import compare
from asgi_mw.errors import Problems
from asgi_mw.options import number
from asgi_mw.recorder import record
from asgi_mw.recorder.assemble import exchange_of
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.replay.pace import AS_FAST_AS_POSSIBLE
from asgi_mw.replay.plan import plan
from asgi_mw.testing import Behaviour, ClientDisconnected, Wire, WireError, after, lifespan_scope
from asgi_mw.testing.transport.lifespan import Lifespan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from asgi_mw.differences import Difference, Matcher
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.store import Store
    from asgi_mw.replay.plan import Input, Plan
    from asgi_mw.types import AnyApp

# What ``send`` does once the client has left
_IGNORING = Behaviour()
_RAISING = Behaviour(
    http_send_after_disconnect=ClientDisconnected,
    websocket_send_after_disconnect=ClientDisconnected,
)
_BODY_LIMIT, _CONNECTION_LIMIT = 16 * 1024 * 1024, 64 * 1024 * 1024


def never(_: Difference) -> bool:
    """No difference is expected."""
    return False


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of replaying one exchange.

    Attributes:
        recorded: What was replayed.
        exchange: What the app did now.
        departed: Where the app departed from the recording, so that the rest was not given; empty
            if it did not depart.
        plan: What the app was given.
        expected: Says whether a difference comes from the way in which it was replayed, as a
            header that a server adds.
    """

    recorded: Exchange
    exchange: Exchange
    departed: str
    plan: Plan
    expected: Callable[[Difference], bool] = never

    def differences(
        self, *, ignore: tuple[str, ...] = (), matchers: Mapping[str, Matcher] | None = None
    ) -> list[Difference]:
        """How the answer differs from what was recorded; see `asgi_mw.compare`.

        How long it took is left out: it was another process, at another time.
        """
        asked = ("request", "time", *ignore)
        found = compare(self.recorded, self.exchange, ignore=asked, matchers=matchers)
        return [one for one in found if not self.expected(one)]


class Replayer:
    """Replays exchanges against *app*, whose lifespan is up meanwhile.

    Use it as ``async with Replayer(app) as replayer: await replayer.replay(exchange)``, on
    asyncio or trio.

    Args:
        app: Any ASGI 3 app.
        pace: How fast: ``AS_FAST_AS_POSSIBLE`` (0), ``AS_RECORDED`` (1), or a factor of the times
            that were recorded: 0.5 is twice as fast.
        secrets: The values that the recording masks, by name.
        prepare: Called with each exchange first; what it returns is replayed.
        lifespan: Whether to run the lifespan.
        timeout: Seconds that the app has for each step: to start, to send what was recorded, to
            end.
        store: A store that keeps what the app does now; ``None`` for none.

    Raises:
        ConfigError: An option cannot be right.
    """

    def __init__(
        self,
        app: AnyApp,
        *,
        pace: float = AS_FAST_AS_POSSIBLE,
        secrets: Mapping[str, str] | None = None,
        prepare: Callable[[Exchange], Exchange] | None = None,
        lifespan: bool = True,
        timeout: float = 5.0,
        store: Store | None = None,
    ) -> None:
        problems = Problems("Replayer")
        if not callable(app):
            problems.add("app", app, "is no ASGI app", "give an app, as Replayer(app)")
        self._pace = number(pace, "pace", problems, most=1e6)
        self._timeout = number(timeout, "timeout", problems, most=1e9)
        problems.check()
        if store is not None:
            app = record(app, store=store)
        self._secrets = secrets
        self._prepare = prepare
        self._store = _Handed()
        self._recorded = record(
            app,
            store=self._store,
            body_limit=_BODY_LIMIT,
            connection_limit=_CONNECTION_LIMIT,
        )
        self._lifespan = Lifespan(app, lifespan_scope(), timeout) if lifespan else None

    async def __aenter__(self) -> Self:
        """Start the app.

        Raises:
            TransportError: It failed to start, or does not in time.
        """
        if self._lifespan is not None:
            await self._lifespan.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Shut the app down.

        Raises:
            TransportError: It failed to shut down, or does not in time.
        """
        self._store.close()
        if self._lifespan is not None:
            return await self._lifespan.stop(kind, error, traceback)
        return None

    async def replay(self, exchange: Exchange) -> Replayed:
        """Replay *exchange*, and wait until the app has ended; one that hangs is cancelled.

        Raises:
            ValueError: It is no HTTP request and no WebSocket.
        """
        if self._prepare is not None:
            exchange = self._prepare(exchange)
        given = self._given(exchange)
        state = {} if self._lifespan is None else self._lifespan.state
        wire = Wire(
            self._recorded,
            {**given.scope, "state": dict(state)},
            behaviour=_RAISING if given.raises else _IGNORING,
            disconnect=after("send", given.left_after) if given.left_after else None,
            timeout=self._timeout,
            snapshots=False,  # the recording has them
        )
        async with wire:
            departed = await _Course(wire, given, self._pace).run()
        return self._replayed(exchange, self._store.take(), departed, given)

    def _given(self, exchange: Exchange) -> Plan:
        """What the app is given of *exchange*."""
        return plan(exchange, self._secrets)

    def _replayed(
        self, recorded: Exchange, exchange: Exchange, departed: str, given: Plan
    ) -> Replayed:
        """The result of the replay."""
        return Replayed(recorded, exchange, departed, given)


async def replay(app: AnyApp, exchange: Exchange, **options: Any) -> Replayed:
    """Replay one *exchange* against *app*, with its lifespan before and after.

    Args:
        app: Any ASGI 3 app.
        exchange: A request or a WebSocket that was recorded.
        options: See `Replayer`.
    """
    async with Replayer(app, **options) as replayer:
        return await replayer.replay(exchange)


class _Handed(MemoryStore):
    """Holds what the app did until it is taken: one exchange at a time."""

    def take(self) -> Exchange:
        """Give the exchange that ended, and hold it no longer."""
        tape = self._kept.popleft()
        try:
            return exchange_of(tape)
        finally:
            tape.let_go()


class _Course:
    """One connection during its replay: gives what is due, and sees where the app departs."""

    def __init__(self, wire: Wire, given: Plan, pace: float) -> None:
        self._wire, self._given, self._pace = wire, given, pace
        self._began = anyio.current_time() if pace else 0.0
        self._taken = 0

    async def run(self) -> str:
        """Give all inputs, and wait for the end; say where the app departed."""
        for place, due in enumerate(self._given.inputs, 1):
            if self._pace:
                await anyio.sleep_until(self._began + due.at / 1e9 * self._pace)
            if self._taken < due.sent and (departed := await self._until(due, place)):
                await self._wire.disconnect(1001)
                with suppress(WireError):
                    await self._wire.finished()
                return departed
            message = due.message
            if message["type"] == "websocket.disconnect":
                await self._wire.disconnect(message.get("code", 1005), message.get("reason") or "")
            else:
                self._wire.queue(message)
        try:
            await self._wire.finished()
        except WireError as error:
            return f"the app does not end: {error}"
        return ""

    async def _until(self, due: Input, place: int) -> str:
        """Wait until the app has sent what it sent before *due*; say why it has not."""
        while self._taken < due.sent:
            wanted = self._given.sends[self._taken]
            try:
                sent = _type(await self._wire.take())
            except WireError as error:
                return f"it sent {wanted} before it received message {place}: {error}"
            self._taken += 1
            if sent != wanted and self._given.scope["type"] == "websocket":
                return f"its message {self._taken} was {wanted}, and is {sent}"
        return ""


def _type(message: Any) -> str:
    return str(message.get("type")) if isinstance(message, dict) else type(message).__name__

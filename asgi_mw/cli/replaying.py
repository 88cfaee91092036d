"""Replay exchanges one after the other, find what differs by itself, and leave what hangs."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from asgi_mw.cli.guest import as_it_was, printing_to_stderr
from asgi_mw.cli.watchdog import BlockedError, Watchdog
from asgi_mw.differences import Noise
from asgi_mw.differences.compared import Compared, Side, shown, what_of
from asgi_mw.redaction import DEFAULT
from asgi_mw.redaction.hiding import Hider
from asgi_mw.testing import TransportError
from asgi_mw.troubles import Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from asgi_mw.differences import Difference, Matcher
    from asgi_mw.differences.compared import Comparison
    from asgi_mw.events import Exchange
    from asgi_mw.replay import Replayed, Replayer
    from asgi_mw.troubles import Kind

# Seconds between two runs of one exchange: clocks in answers often show no less
APART: Final = 1.1
# Seconds in which a cancelled task has to end
_GRACE = 1.0
_START, _STOP = "the start of the app", "the shutdown of the app"
_PHASES: dict[str, Kind] = {_START: "startup", _STOP: "shutdown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How exchanges are replayed and compared.

    Attributes:
        pace: As of `Replayer`.
        timeout: Seconds that the app may take to go on.
        secrets: The values that are masked in the recording, by name; never shown.
        ignore: Names of differences to leave out.
        matchers: Say which other values are alike, by such names.
        once: Do not look for what differs by itself.
        unsafe: Replay a second time also what may change something.
    """

    pace: float
    timeout: float
    secrets: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    matchers: Mapping[str, Matcher] = field(default_factory=dict)
    once: bool = False
    unsafe: bool = False


class Course:
    """Replays exchanges with a replayer, and puts each into a comparison.

    If one differs, it is replayed once more, a second later: what differs between the two runs
    differs by itself, in all exchanges with that route.

    Args:
        replayer: What replays; it is entered here.
        how: How to replay and compare.
        comparison: Takes what comes of it.
        each: Called with each pair.
    """

    def __init__(
        self,
        replayer: Replayer,
        how: How,
        comparison: Comparison,
        each: Callable[[Compared], None],
    ) -> None:
        self._replayer, self._how = replayer, how
        self._comparison, self._each = comparison, each
        self._hide = Hider(how.secrets.values())
        self._noise: dict[tuple[str, str], Noise] = {}
        # Differences, by route and name, that are known not to differ by themselves
        self._settled: set[tuple[tuple[str, str], str]] = set()
        self._watchdog = Watchdog(how.timeout)
        self._limit = monotonic()
        self._now = ""

    def run(self, exchanges: Iterable[Exchange]) -> None:
        """Replay them all."""
        runner = asyncio.Runner()
        before = set(threading.enumerate())
        try:
            with as_it_was():
                runner.run(self._supervised(exchanges))
        finally:
            # Closing it would wait for the threads in which the app hangs
            hangs = bool(self._comparison.troubles) and bool(set(threading.enumerate()) - before)
            self._comparison.stuck |= hangs
            if not self._comparison.stuck:
                runner.close()

    async def _supervised(self, exchanges: Iterable[Exchange]) -> None:
        """Cancel the work where it does not go on, and leave it if that does not help."""
        work = asyncio.create_task(self._work(exchanges))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=max(self._limit - monotonic(), 0.01))
                if work.done() or monotonic() < self._limit:
                    continue
                self._trouble("hang", f"{self._now} does not end, even as it is cancelled")
                break
        finally:  # Ctrl-C comes here as well
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=_GRACE)
                self._comparison.stuck |= not work.done()
            if not work.done():
                self._watchdog.rest()
        if not work.done():
            return
        with suppress(asyncio.CancelledError, BlockedError):
            await work

    async def _work(self, exchanges: Iterable[Exchange]) -> None:
        try:
            async with self._started():
                for exchange in exchanges:
                    await self._one(exchange)
                self._allow(_STOP, self._how.timeout)
        except TransportError as error:
            self._trouble(_PHASES.get(self._now, "connection"), str(error))

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[None]:
        self._allow(_START, self._how.timeout)
        async with self._driving():
            await self._replayer.__aenter__()
        try:
            yield
        finally:
            async with self._driving():
                await self._replayer.__aexit__(None, None, None)

    @asynccontextmanager
    async def _driving(self) -> AsyncIterator[None]:
        """Let the app run: what it prints stays out of the report, and the watchdog watches it."""
        with printing_to_stderr():
            async with self._watchdog.watching():
                yield

    async def _one(self, exchange: Exchange) -> None:
        how, what = self._how, what_of(exchange, self._hide)
        key = (exchange.method or exchange.type, exchange.route or exchange.path)
        noise = self._noise.setdefault(key, Noise())
        began = monotonic()
        again = await self._replayed(exchange, what)
        found = self._differences(again)
        unsettled = [
            one
            for one in found
            if one.counts and not noise.has(one) and (key, one.name) not in self._settled
        ]
        if unsettled and not how.once and (again.plan.is_safe or how.unsafe):
            self._allow(what, APART)
            await asyncio.sleep(began + APART - monotonic())
            second = await self._replayed(exchange, what)
            noise.learn(self._between(again, second))
            self._settled.update((key, one.name) for one in found if not noise.has(one))
        left = [one for one in found if not noise.has(one)]
        names = [noise.name_of(one) for one in found]
        self._comparison.noise.update((self._hide.text(name), None) for name in names if name)
        differences, more = shown(left, self._hide)
        pair = Compared(
            what,
            Side.of(again.recorded),
            Side.of(again.exchange),
            differences,
            more,
            self._hide.text(again.departed),
            len(found) - len(left),
        )
        self._comparison.pairs.append(pair)
        self._each(pair)

    def _differences(self, again: Replayed) -> list[Difference]:
        return again.differences(ignore=self._how.ignore, matchers=self._how.matchers)

    def _between(self, first: Replayed, second: Replayed) -> list[Difference]:
        """How two runs differ, compared in the way of a run and what was recorded."""
        return replace(second, recorded=first.exchange).differences()

    async def _replayed(self, exchange: Exchange, what: str) -> Replayed:
        how, caught = self._how, len(self._watchdog.caught)
        messages = len(exchange.events) + 2
        self._allow(what, how.timeout * messages + how.pace * (exchange.ended or 0) / 1e9)
        async with self._driving():
            again = await self._replayer.replay(exchange)
        places = self._watchdog.caught[caught:]
        if places:
            said = f"it held the event loop for {how.timeout:g} s, at {places[0]}"
            return replace(again, departed=said)
        return again

    def _allow(self, what: str, seconds: float) -> None:
        """Allow so many seconds from now for *what*."""
        self._now, self._limit = what, monotonic() + seconds + 2 * _GRACE

    def _trouble(self, kind: Kind, said: str) -> None:
        hidden = self._hide.text(DEFAULT.text(said))
        self._comparison.troubles.append(Trouble(kind, self._now, hidden))

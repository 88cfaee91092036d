"""The layer of the watchdog: notes what is in flight, and leaves the rest to the thread."""

from __future__ import annotations

from functools import partial
from threading import get_ident
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.connection import current
from asgi_mw.driver import Part, drive
from asgi_mw.errors import Problems
from asgi_mw.layers import middleware
from asgi_mw.watch import signals
from asgi_mw.watch.dog import DOG
from asgi_mw.watch.flights import Departure
from asgi_mw.watch.policy import compile_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.metrics import MeterProvider

    from asgi_mw.connection import Connection
    from asgi_mw.progress import Progress
    from asgi_mw.redaction import Redaction
    from asgi_mw.types import A, App, Receive, Scope, Send
    from asgi_mw.watch.flights import Flight
    from asgi_mw.watch.policy import Policy, Waiting


@middleware()
def watch(
    app: A,
    *,
    blocked_after: float | None = 0.1,
    stalled_after: float | None = 5.0,
    waiting_after: Waiting = 30.0,
    gone_after: float | None = 30.0,
    signal: bool | str = False,
    logger: Any = None,
    redact: Redaction | Iterable[str] | None = None,
    meter_provider: MeterProvider | None = None,
) -> A:
    """Report what blocks the event loop, and connections of *app* that hang.

    A thread, one for the process, asks each event loop for a sign of life.  It starts with the
    first connection and ends with the lifespan, or with the loop.  Each report is a warning of
    the logger ``asgi_mw.watch``:

    ``event_loop_blocked``
        The loop did nothing else for *blocked_after*: who blocked it, in which connection, and
        the stack.  Once while it is blocked, and once when it is over.
    ``app_waits``
        The app awaits ``send``, or ``receive`` before the request is complete, for longer than
        *waiting_after*.
    ``app_runs_on``
        The app still runs *gone_after* its client was seen to leave.
    ``late_send``
        Something sends on a connection whose app has returned.
    ``in_flight``
        All connections with what they await, and all threads: when the loop is blocked for
        *stalled_after*, or a signal asks for it.

    The same thing is reported once a minute, with how often it happened meanwhile.

    Args:
        blocked_after: Seconds.  ``None`` here and below means never.
        stalled_after: Seconds.
        waiting_after: Seconds, for ``send`` and for the ``body`` of a request; or a mapping, which
            can also limit the wait for the next ``message`` of a WebSocket.
        gone_after: Seconds.
        signal: ``True`` or ``"SIGUSR1"``, or ``"SIGUSR2"``: when that signal comes, report all that
            is in flight, and hand the signal on to its earlier handler.
        logger: A logger of structlog or of stdlib logging.  By default that of your structlog
            configuration, or without one the stdlib logger ``asgi_mw.watch``.
        redact: What is secret: more names, or a :class:`~asgi_mw.redaction.Redaction`.
        meter_provider: By default the global one.

    Raises:
        ConfigError: An option is wrong, or *signal* is given outside of the main thread.
    """
    problems = Problems("watch")
    policy = compile_policy(
        problems,
        blocked_after=blocked_after,
        stalled_after=stalled_after,
        waiting_after=waiting_after,
        gone_after=gone_after,
        signal=signal,
        logger=logger,
        redact=redact,
        meter_provider=meter_provider,
    )
    problems.check()
    if policy.signum is not None:
        signals.install(policy.signum, DOG.ask)
    beats = DOG.beats
    last: object = None
    late = _Late(policy)

    def begin(connection: Connection, progress: Progress, now: int) -> Flight | None:
        nonlocal last
        beat = beats.get(get_ident())
        if beat is None or beat is not last or not beat.here():
            beat = DOG.join(policy)
            if beat is None:
                return None
            last = beat
        flying = beat.flying
        flight = flying[progress] = (flying, connection, progress, now, policy)
        return flight

    def end(flight: Flight, error: BaseException | None) -> None:  # noqa: ARG001  # as in a Part
        flying, connection, progress, _began, _policy = flight
        del flying[progress]
        left = progress.waits
        progress.waits = late
        if left:
            DOG.depart(Departure(policy, connection, left))

    part = Part(
        name="watch",
        faults=policy.faults,
        begin=begin,
        end=end,
        lifespan=_to_the_end,
        follows=True,
        waits=True,
        clock=perf_counter_ns,
    )
    return drive(app, part)


def _to_the_end(app: App) -> App:
    """Wrap *app* so that its loop is watched no longer than its lifespan."""

    async def lived(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            DOG.leave()

    return lived


class _Late(dict[int, "str | None"]):
    """Replaces ``progress.waits`` once the app has returned: nothing should be sent any more."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self._depart = partial(DOG.late, policy)
        self._faults = policy.faults

    def __setitem__(self, at: int, kind: str | None) -> None:
        if kind != "receive":
            try:
                self._depart(current.get(), kind)
            except Exception as fault:  # noqa: BLE001  # a fault in watching never reaches the app
                self._faults.note("late_send", fault)

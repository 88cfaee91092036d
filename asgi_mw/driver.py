"""How a layer stands between server and app: the rules of non-interference, in one place.

A layer says *what* it does as a :class:`Part`: functions that never wait.  The driver alone knows
*how*: when they are called, what they may change, and that neither the app nor the server sees
anything else of them, least of all a fault.  Parts that stand one inside the other share one
driver: they are a run.  A layer of somebody else between them ends the run.

:mod:`asgi_mw.driver_source` writes the function that serves a run: it does only what some part of
the run asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, cast

from asgi_mw.awaiting import awaited
from asgi_mw.chains import peek
from asgi_mw.connection import KEY, Connection, current
from asgi_mw.context import reset
from asgi_mw.driver_source import compiled
from asgi_mw.headers import listed
from asgi_mw.isolation import arrive, depart, leave, watched
from asgi_mw.messages import STARTS, payload_size
from asgi_mw.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.faults import Faults
    from asgi_mw.headers import Headers, Pair
    from asgi_mw.types import A, App, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one layer does on a connection.

    Attributes:
        name: What to call it.
        faults: Counts the errors in its functions.
        begin: Called outermost first, before the app, with the connection, its progress, and the
            moment.  It returns what the part knows of this connection; the other functions get
            that as their first argument.  ``None`` leaves the part out of this connection.
        start: Called innermost first, with the message that begins a response or accepts a
            WebSocket, the driver's own list of its headers, which may be changed, and the moment.
        trailers: The same for the last trailers of a response.
        passed: Called for each message of a WebSocket, with whether the app sent it.
        over: Called outermost first, once, after the send that ended the response.
        end: Called innermost first, after the app, with the exception that left it, or ``None``.
        lifespan: Wraps the app for its lifespan.
        follows: Whether the part needs the progress of the connection; or a function that decides
            this by what ``begin`` returned.
        waits: Whether the progress has to list what the app awaits, in ``Progress.waits``.
        isolates: Whether what other requests left in the context must be hidden; or a function
            that decides this for each request.
        clock: Returns nanoseconds; ``None`` takes any clock.  Parts with different clocks do not
            share a driver.
    """

    name: str
    faults: Faults
    begin: Callable[[Connection, Progress, int], Any]
    start: Callable[[Any, Message, list[Pair], int], None] | None = None
    trailers: Callable[[Any, Message, list[Pair], int], None] | None = None
    passed: Callable[[Any, bool], None] | None = None
    over: Callable[[Any], None] | None = None
    end: Callable[[Any, BaseException | None], None] | None = None
    lifespan: Callable[[App], App] | None = None
    follows: bool | Callable[[Any], bool] = False
    waits: bool = False
    isolates: bool | Callable[[], bool] = False
    clock: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Parts that stand one inside the other, and the app inside them."""

    app: App
    parts: tuple[Part, ...]

    @property
    def clock(self) -> Callable[[], int] | None:
        """The clock that the parts use; ``None`` if none of them asks for a certain one."""
        return next((part.clock for part in self.parts if part.clock is not None), None)


def drive(app: A, part: Part) -> A:
    """*app* in a layer that does what *part* says; its driver serves the parts next inside too."""
    run = Run(app, (part,))
    inside = peek(app, "__run__")
    if isinstance(inside, Run) and len({part.clock, inside.clock} - {None}) < 2:
        run = Run(inside.app, (part, *inside.parts))
    driven = _driven(run)
    vars(driven)["__run__"] = run
    return cast("A", driven)


def alone(driven: App, app: App) -> App:
    """The outermost part of *driven*, which is a run of parts, on its own around *app*."""
    run = Run(app, peek(driven, "__run__").parts[:1])
    made = _driven(run)
    vars(made).update({**vars(driven), "__run__": run})
    return made


def _driven(run: Run) -> App:
    lifespan = run.app
    for part in reversed(run.parts):
        if part.lifespan is not None:
            lifespan = part.lifespan(lifespan)
    names: dict[str, Any] = {
        "app": run.app,
        "lifespan": lifespan,
        "clock": run.clock or perf_counter_ns,
        "faults": run.parts[0].faults,
        "KEY": KEY,
        "STARTS": STARTS,
        "Connection": Connection,
        "Progress": Progress,
        "arrive": arrive,
        "current": current,
        "depart": depart,
        "leave": leave,
        "payload_size": payload_size,
        "reset": reset,
        "settled": settled,
        "watched": watched,
    }
    for at, part in enumerate(run.parts):
        for does in (
            "isolates",
            "follows",
            "begin",
            "start",
            "trailers",
            "passed",
            "over",
            "end",
            "faults",
        ):
            names[f"{does}_{at}"] = getattr(part, does)
    exec(compiled(run.parts), names)  # noqa: S102  # our own source, of our own parts
    driven: App = names["driven"]
    follows = any(part.follows for part in run.parts)
    if follows:
        return driven
    isolates = any(part.isolates for part in run.parts)
    return awaited("send_driven", *["receive_driven"] * isolates)(driven)


def settled(message: Message) -> tuple[Message, Headers, list[Pair] | None]:
    """*message* with headers that can be read again, these headers, and a copy to be changed.

    Headers that are no iterable are left for the server to refuse: there is no copy then.  An
    iterator that raises does so here, as it would in the server.
    """
    given = message.get("headers", ())
    try:
        iter(given)
    except TypeError:
        return message, given, None
    pairs = listed(given)
    if pairs is not given and given != ():
        message = {**message, "headers": pairs}
    return message, pairs, [*pairs]

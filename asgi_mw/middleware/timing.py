"""Show the client how long the response took to begin, and where that time went."""

from __future__ import annotations

import re
from collections.abc import Collection
from math import isfinite
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Self

from asgi_mw.connection import current
from asgi_mw.driver import Part, drive
from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.headers import find, header_name
from asgi_mw.layers import middleware
from asgi_mw.noting import note
from asgi_mw.options import guarded, steady

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from asgi_mw.connection import Connection
    from asgi_mw.headers import Pair
    from asgi_mw.noting import Opened
    from asgi_mw.types import A, Message, Scope

# Bounds of one header: what does not fit is counted in a last entry
_MOST_ENTRIES = 32
_MOST_BYTES = 1900
_MOST_NAME = 64
_NO_TOKEN = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
# What a browser may write as an origin; a comma or a space would begin another one
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::[0-9]{1,5})?")
_ALLOW = b"timing-allow-origin"
_NO_TEXT = re.compile(r"[^ !#-\[\]-~]")


@middleware()
def timing(
    app: A,
    *,
    header: str = "server-timing",
    metric: str = "app",
    when: Callable[[Scope], bool] | None = None,
    allow_origins: Collection[str] = (),
    clock: Callable[[], int] = perf_counter_ns,
) -> A:
    """Add ``Server-Timing: app;dur=<ms>`` to every HTTP response of *app*.

    The clock runs from the call of *app* to its ``http.response.start``: the body may still be
    streaming.  What :func:`measure` timed before that has its own entries.  A response that
    announced trailers has the total in its last ``http.response.trailers``.  WebSocket and
    lifespan pass unchanged.  See `Server-Timing <https://www.w3.org/TR/server-timing/>`_.

    Args:
        header: Name of the response header.
        metric: Name of the entry, as in ``Server-Timing: app;dur=12.3``.
        when: A predicate on the scope that decides who sees the header.  By default everybody
            sees names and durations.  With a predicate, those it selects also see the
            descriptions of :func:`measure`, and others see nothing.
        allow_origins: Other origins whose pages may read it, and the browser's own
            `Resource Timing`_, such as ``https://shop.example.org``; ``["*"]`` is all.  Sent in
            ``Timing-Allow-Origin``, unless the app sets its own.
        clock: Returns nanoseconds; give your own to make tests exact.

    .. _Resource Timing: https://www.w3.org/TR/resource-timing/#sec-timing-allow-origin

    Raises:
        ConfigError: *header* or *metric* is no HTTP token, *when* or *clock* no callable, one of
            *allow_origins* no origin.

    >>> from asgi_mw.testing import run, request
    >>> ticks = iter([0, 12_300_000])
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 204, "headers": []})
    ...     await send({"type": "http.response.body"})
    >>> layered = timing(app, clock=lambda: next(ticks))
    >>> run(request(layered, "GET", "/")).header("server-timing")
    b'app;dur=12.300'
    """
    problems = Problems("timing")
    name = header_name(header, "header", problems)
    first = header_name(metric, "metric", problems) and str(metric).encode()
    if when is not None and not callable(when):
        problems.add("when", when, "is not callable", "give a function of the scope")
    faults = Faults("timing")
    allowed = _origins(allow_origins, problems)
    now = steady(clock, problems, faults)
    problems.check()
    dur = first + b";dur=%.3f"
    total = b"total;dur=%.3f"
    described = when is not None

    shown = None if when is None else guarded(when, "when", faults, otherwise=False)

    def begin(connection: Connection, _: object, began: int) -> list[Any] | None:
        if connection.type != "http" or (shown is not None and not shown(connection.given)):
            return None
        entries = connection.entries
        if entries is None:
            entries = connection.entries = [now]
        return [began, entries, False]

    def start(state: list[Any], message: Message, headers: list[Pair], at: int) -> None:
        began, entries, _ = state
        value = dur % _milliseconds(at - began)
        if len(entries) > 1:
            value += _told(entries, described)
        if message.get("trailers"):
            state[2] = True
            # RFC 9110 6.6.2: say beforehand which fields come after the body
            headers.append((b"trailer", name))
        headers.append((name, value))
        if allowed and find(headers, _ALLOW) is None:
            headers.append((_ALLOW, allowed))

    def trailers(state: list[Any], _: Message, headers: list[Pair], at: int) -> None:
        began, entries, announced = state
        if announced:
            value = total % _milliseconds(at - began) + _told(entries, described)
            headers.append((name, value))

    return drive(
        app,
        Part(name="timing", faults=faults, begin=begin, start=start, trailers=trailers, clock=now),
    )


class measure:  # noqa: N801  # used as a function, as contextlib.suppress is
    """Time a block and add an entry to ``Server-Timing``: ``db;dur=3.2``.

    Works with ``with`` and ``async with``, in the handler and in what it calls, threads
    started through anyio or ``asyncio.to_thread`` included.  Outside of the ``timing`` layer it
    only runs the block.  If a recording takes notes of the connection, the block is one of them.
    A block that ends after the response began is reported in trailers, if there are any.

    Args:
        name: A token; characters that are not allowed in one become ``-``.
        description: Only shown to clients that ``timing(when=…)`` selects.

    >>> with measure("db"):
    ...     rows = [1, 2, 3]
    """

    __slots__ = ("_began", "_description", "_entries", "_name", "_notes", "_opened")

    def __init__(self, name: str, *, description: str = "") -> None:
        self._name = name
        self._description = description
        connection = current.get()
        self._entries = None if connection is None else connection.entries
        self._notes = () if connection is None else connection.notes
        self._began = 0
        self._opened: Opened | None = None

    def __enter__(self) -> Self:
        """Start the clock."""
        if self._entries is not None:
            self._began = self._entries[0]()
        if self._notes:
            more = {"description": str(self._description)} if self._description else None
            self._opened = note("measure", str(self._name), detail=more, to=self._notes)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it and note the entry."""
        if self._entries is not None:
            spent = self._entries[0]() - self._began
            _add(self._entries, (self._name, spent, self._description))
        if self._opened is not None:
            self._opened.close(level=None if kind is None else "error")

    async def __aenter__(self) -> Self:
        """Start the clock."""
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it and note the entry."""
        self.__exit__(kind, error, traceback)


def _origins(given: object, problems: Problems) -> bytes:
    """The option ``allow_origins`` as the value of its header; empty if nobody is allowed."""
    example = "write allow_origins=['https://shop.example.org']"
    if isinstance(given, (str, bytes)) or not isinstance(given, Collection):
        problems.add("allow_origins", given, "a list is meant", example)
        return b""
    for one in given:
        if one == "null":
            problems.add("allow_origins", one, "any page can take the origin null", "leave it out")
        elif one != "*" and not (isinstance(one, str) and _ORIGIN.fullmatch(one)):
            reason = "is no origin as browsers write it: scheme and host in lower case, no / behind"
            problems.add("allow_origins", one, reason, example)
    if "*" in given and len(given) > 1:
        problems.add("allow_origins", "*", "already stands for all", "leave the others out")
    return ", ".join(map(str, given)).encode("ascii", "replace")


def _milliseconds(nanoseconds: float) -> float:
    """*nanoseconds* as milliseconds; 0 if the clock did not give finite numbers."""
    return nanoseconds / 1e6 if isfinite(nanoseconds) else 0.0


def _add(entries: list[Any], entry: tuple[str, int, str]) -> None:
    """Append *entry*; once the most that are kept are there, one number counts the others."""
    if len(entries) <= _MOST_ENTRIES:
        entries.append(entry)
    elif len(entries) == _MOST_ENTRIES + 1:
        entries.append(1)
    else:
        entries[-1] += 1


def _told(entries: list[Any], described: bool) -> bytes:  # noqa: FBT001  # private
    """The entries as they follow the first one, cut at about 2 KiB; each is reported once."""
    value = b""
    dropped = 0
    for entry in entries[1:]:
        if entry.__class__ is int:
            dropped += entry
            continue
        name, spent, description = entry
        token = _NO_TOKEN.sub("-", str(name)[:_MOST_NAME]) or "-"
        shown = f", {token};dur={_milliseconds(spent):.3f}"
        if described and description:
            shown += f';desc="{_NO_TEXT.sub("?", str(description)[:_MOST_NAME])}"'
        if len(value) + len(shown) > _MOST_BYTES:
            dropped += 1
        else:
            value += shown.encode("ascii")
    del entries[1:]
    return value + b', dropped;desc="%d"' % dropped if dropped else value

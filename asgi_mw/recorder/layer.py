"""Record what passes between the server and the app."""

from __future__ import annotations

import random
from time import monotonic
from typing import TYPE_CHECKING, cast

from asgi_mw.errors import Problems
from asgi_mw.layers import middleware
from asgi_mw.options import number, skipper
from asgi_mw.recorder.open import opened
from asgi_mw.tap import tap
from asgi_mw.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from asgi_mw.events import Exchange
    from asgi_mw.faults import Faults
    from asgi_mw.recorder.lag import Heartbeat
    from asgi_mw.recorder.shipping.beside import Beside
    from asgi_mw.recorder.store import Store
    from asgi_mw.redaction import Redaction
    from asgi_mw.relinking import Chain
    from asgi_mw.tape import Tape
    from asgi_mw.types import A, App, Message, Scope, Send

# How long the end of the lifespan may wait for the store
_FLUSH_SECONDS = 2.0
# How long it may then wait for the shipping
_SHIP_SECONDS = 1.5


@middleware()
def record(
    app: A,
    *,
    store: Store | str | PathLike[str] | None = None,
    ship: Store | str | None = None,
    body_limit: int = 65_536,
    connection_limit: int = 1_048_576,
    redact: Redaction | Iterable[str] | None = None,
    sample: float = 1.0,
    skip: Callable[[Scope], bool] | Iterable[str] = (),
    keep: str | Iterable[str] | Callable[[Exchange], bool] = "all",
    slow: float = 1.0,
    lag: bool = False,
    layers: bool = False,
) -> A:
    """Record every scope, ``receive`` and ``send`` of every connection, with their times.

    The app and the server see no difference.  Exchanges are masked before they are written or
    read.  ``store.recording = False`` stops recording new connections in this process, ``True``
    starts it again.

    When ``lifespan.shutdown.complete`` passes, the store is flushed, in a thread and for at
    most two seconds.

    Args:
        store: A store, or what :func:`~asgi_mw.open_store` opens; ``None`` is ``"memory:"``.
        ship: Where to copy what is in the folder *store*, in a thread and a little later:
            ``"postgresql://user@host/database"``, or such a store, for one history of several
            hosts.  No request waits for it, and what cannot be sent now is sent later.
        body_limit: Bytes of payload to keep per message; after a cut, no later part of that body
            is kept, so that no secret can follow the gap.
        connection_limit: Bytes to keep per connection; of a longer one, the beginning and the end.
        redact: What is secret: more names, or a :class:`~asgi_mw.redaction.Redaction`.
        sample: Share of connections to record, 0.0 to 1.0, chosen when they begin; a lifespan is
            always recorded.
        skip: Paths not to record, or a predicate on the scope.
        keep: Which ended connections to keep: ``"all"``; ``"problems"``, those not ``complete``,
            that raised, answered 5xx or were slow; a status, a class of them or an outcome, such
            as ``"4xx"``; several of these, such as ``["4xx", "problems"]``; or a predicate on the
            exchange, which has its secrets masked and no payloads yet.
        slow: How many seconds make a request or a WebSocket slow; a lifespan never is.
        lag: Watch for blocks of the event loop, and note each, with the function that blocked it,
            for every connection in flight.  A thread asks the loop for a beat every 25 ms; a beat
            that is over 20 ms late is a block.
        layers: Also look between the layers inside, ours and the framework's, for
            ``Exchange.layers``: for development only.  Taps are put between the layers before the
            first connection passes, and taken out once the lifespan is over.

    Raises:
        ConfigError: An option cannot be right.
        MissingExtraError: *ship* needs psycopg, which is not installed.

    >>> from asgi_mw import open_store
    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 204, "headers": []})
    ...     await send({"type": "http.response.body"})
    >>> store = open_store("memory:")
    >>> _ = run(request(record(app, store=store), "GET", "/users/7"))
    >>> [exchange] = store.exchanges()
    >>> exchange.path, exchange.status, [event.type for event in exchange.events]
    ('/users/7', 204, ['http.response.start', 'http.response.body'])
    """
    from asgi_mw.recorder.keep import keeper  # noqa: PLC0415  # slow to import
    from asgi_mw.redaction import redaction_of  # noqa: PLC0415  # the same

    problems = Problems("record")
    kept = opened(store, problems)
    policy = redaction_of(redact, "redact", problems)
    slow_ns = int(number(slow, "slow", problems, most=1e9) * 1e9)
    terms = Terms(
        kept.budget,
        policy,
        body=int(number(body_limit, "body_limit", problems)),
        connection=int(number(connection_limit, "connection_limit", problems, least=4096)),
        keeps=keeper(keep, slow_ns, problems, kept.faults),
        notes=lag,
    )
    share = number(sample, "sample", problems, most=1)
    skips = skipper(skip, problems, kept.faults)
    if not isinstance(lag, bool):
        problems.add("lag", lag, "is neither True nor False", "write lag=True")
    shipping = None if ship is None else _beside(kept, ship, problems)
    if not isinstance(layers, bool):
        problems.add("layers", layers, "is neither True nor False", "write layers=True")
    problems.check()
    heart = _heartbeat(kept) if lag else None
    chain = _chain(app, kept.faults) if layers else None
    everything = skip == () and share >= 1

    def wanted(scope: Scope) -> bool:
        return kept.recording and (everything or not (_unlucky(scope, share) or skips(scope)))

    def begin(tape: Tape) -> None:
        if shipping is not None:
            shipping.start()
        if heart is not None:
            heart.start()
        kept.begin(tape)
        if chain is not None:
            chain.watch.begin(tape)

    def end(tape: Tape) -> None:
        if chain is not None:
            chain.watch.end(tape)
        kept.end(tape)

    def flushing(send: Send, tape: Tape | None) -> Send:
        async def send_flushed(message: Message) -> None:
            # Now, because some servers exit as soon as they have this message
            if message.get("type") == "lifespan.shutdown.complete":
                if tape is not None and tape.finished is None:
                    try:
                        tape.count_as_sent()
                        tape.end(None, early=True)
                        end(tape)
                    except Exception as error:  # noqa: BLE001  # a fault never reaches the app
                        kept.faults.note("end", error)
                if heart is not None:
                    heart.stop()
                await _flush(kept, shipping)
                if chain is not None:
                    chain.restore()
            await send(message)

        return send_flushed

    return tap(
        app if chain is None else cast("A", chain.watch.around(chain)),
        wanted=wanted if chain is None else _linking(wanted, chain),
        terms=terms,
        begin=kept.begin if heart is None and chain is None and shipping is None else begin,
        end=kept.end if chain is None else end,
        lose=kept.lose,
        faults=kept.faults,
        around=flushing,
    )


def _chain(app: App, faults: Faults) -> Chain:
    from asgi_mw.boundaries import Watch  # noqa: PLC0415  # seldom asked for
    from asgi_mw.relinking import Chain  # noqa: PLC0415  # the same

    return Chain(app, Watch(faults))


def _linking(wanted: Callable[[Scope], bool], chain: Chain) -> Callable[[Scope], bool]:
    """*wanted*, which puts the taps in before the first connection that is wanted."""

    def linked(scope: Scope) -> bool:
        if not wanted(scope):
            return False
        chain.link()
        return True

    return linked


def _heartbeat(store: Store) -> Heartbeat:
    from asgi_mw.recorder.lag import heartbeat_of  # noqa: PLC0415  # seldom asked for

    return heartbeat_of(store)


def _beside(store: Store, ship: Store | str, problems: Problems) -> Beside | None:
    from asgi_mw.recorder.shipping.beside import beside  # noqa: PLC0415  # seldom asked for

    return beside(store, ship, problems)


def _unlucky(scope: Scope, share: float) -> bool:
    return (
        share < 1 and scope["type"] != "lifespan" and random.random() >= share  # noqa: S311  # no secret
    )


async def _flush(store: Store, shipping: Beside | None) -> None:
    from anyio import to_thread  # noqa: PLC0415  # slow to import, and needed once

    try:
        store.leaving()
        try:
            # Twice, because what the server cancelled as it began to stop ends meanwhile
            until = monotonic() + _FLUSH_SECONDS
            for _ in range(2):
                left = max(until - monotonic(), 0.0)
                await to_thread.run_sync(store.flush, left, abandon_on_cancel=True)
            if shipping is not None:
                await to_thread.run_sync(shipping.end, _SHIP_SECONDS, abandon_on_cancel=True)
        except RuntimeError:  # the interpreter ends, and no thread may begin any more
            store.flush(_FLUSH_SECONDS)
    except Exception as error:  # noqa: BLE001  # a fault in recording never reaches the app
        store.faults.note("flush", error)

"""Show neighbouring layers that let all messages pass as one, so that the diagram is narrow."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from asgi_mw.inspector.drawn.time import notable
from asgi_mw.passages import Passage, ScopeChanges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.passages import Traffic


def gathered(exchange: Exchange) -> tuple[Passage, ...]:
    """The layers of *exchange*, with neighbours that let all messages pass joined into one.

    Joined layers may have added to the scope.  A layer that cannot be seen, was not called, dealt
    with an exception or took long stays on its own.

    >>> from asgi_mw.events import Exchange, Worker
    >>> cors, gzip, log = (Passage(one, one, handed_on=1) for one in ("cors", "gzip", "log"))
    >>> early = Passage("auth", "auth", answered=True)
    >>> one = Exchange("", Worker("", 1), "http", {}, 0, (), layers=(early, cors, gzip, log))
    >>> [(one.name, one.layer) for one in gathered(one)]
    [('auth', 'auth'), ('3 layers', 'cors, gzip, log')]
    """
    return tuple(_gathered(exchange.layers, notable(exchange)))


def _gathered(layers: Sequence[Passage], long: int) -> Iterator[Passage]:
    for idle, some in groupby(layers, key=lambda one: _idle(one, long)):
        run = [*some]
        if idle and len(run) > 1:
            yield _one(run)
        else:
            yield from run


def _idle(layer: Passage, long: int) -> bool:
    scope = layer.scope
    return (
        layer.visible
        and layer.handed_on is not None
        and (layer.own or 0) < long
        and not (scope.removed or scope.replaced)
        and not (layer.answered or layer.received or layer.fault)
        and _same(layer.request)
        and _same(layer.response)
    )


def _same(traffic: Traffic) -> bool:
    pairs = (traffic.body, traffic.messages, traffic.status or (0, 0))
    return not (traffic.headers or traffic.changed) and all(one == two for one, two in pairs)


def _one(run: Sequence[Passage]) -> Passage:
    """All layers of *run* as one, as it looks from outside."""
    return Passage(
        f"{len(run)} layers",
        ", ".join(one.layer for one in run),
        entered=run[0].entered,
        handed_on=run[-1].handed_on,
        left=run[0].left,
        own=sum(one.own or 0 for one in run),
        scope=ScopeChanges({key: said for one in run for key, said in one.scope.added.items()}),
        crossings=run[-1].crossings,
    )

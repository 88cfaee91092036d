"""The sequence diagram of an exchange: its columns, and each message on its way as one row."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.amounts import duration, size
from asgi_mw.inspector.drawn.time import notable, spans_ms, waits_for_client
from asgi_mw.intervals import total, union, without
from asgi_mw.spent import last_moment, stretches, waits
from asgi_mw.steps import Step, calls_at, changes, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.intervals import Spans
    from asgi_mw.passages import Passage
    from asgi_mw.steps import Kind


class Row(NamedTuple):
    """One message at the boundaries that it passes, one after the other."""

    kind: Kind
    hops: list[Step]


def sequence(exchange: Exchange) -> dict[str, Any]:
    """Columns from outside in, rows in order of time, and when the innermost worked and waited."""
    layers = exchange.layers
    found = steps(exchange, layers)
    deepest = max(step.at for step in found)
    said = _Rows(exchange, deepest)
    rows = _rows(found)
    return {
        "columns": [
            {"name": "server", "called": True},
            *(
                {
                    "name": one.name,
                    "layer": one.layer,
                    "why": None if one.visible else one.why or "it cannot be seen",
                    "own_ms": None if one.own is None else one.own / 1e6,
                    "called": at <= deepest,
                }
                for at, one in enumerate(layers)
            ),
            {"name": "app", "called": deepest == len(layers)},
        ],
        "rows": [said.row(row, before) for row, before in zip(rows, [None, *rows], strict=False)],
        **_work(exchange, found, deepest),
    }


def _rows(found: Sequence[Step]) -> list[Row]:
    rows: list[Row] = []
    for step in found:
        last = rows[-1].hops[-1] if rows else None
        if (
            last is not None
            and (last.kind, last.type, last.took is None)
            == (step.kind, step.type, step.took is None)
            and last.end == step.start
        ):
            rows[-1].hops.append(step)
        else:
            rows.append(Row(step.kind, [step]))
    return rows


def _work(exchange: Exchange, found: Sequence[Step], deepest: int) -> dict[str, Any]:
    """When the innermost column that was called worked, and when it waited for those outside."""
    until = last_moment(exchange)
    seen = deepest
    while seen and not calls_at(exchange, exchange.layers, seen):
        seen -= 1
    calls = waits(calls_at(exchange, exchange.layers, seen), until, http=exchange.type == "http")
    waiting = union((at, over) for wait, at, over in calls if wait != "listen")
    inside = [step for step in found if step.at == deepest]
    called = next(step.moment for step in inside if step.kind == "call")
    left = next((step.moment for step in inside if step.kind in {"return", "raise"}), until)
    unknown = (exchange.missing.since, exchange.missing.until)
    works = without([(called, left)], union([*waiting, unknown]))
    return {"works": spans_ms(works), "waits": spans_ms(waiting)}


class _Rows:
    """Turns the rows of one exchange into JSON."""

    def __init__(self, exchange: Exchange, deepest: int) -> None:
        self.deepest = deepest
        self.exchange = exchange
        self.layers = exchange.layers
        self.least = notable(exchange)
        self.shares = stretches(exchange)
        self.sending = "client reads" if waits_for_client(exchange) else "sending"
        asked = f"{exchange.method} {exchange.path}".strip()
        self.asked = asked or exchange.type
        # The server's first event of each type: a step further inside is taken to become it
        self.first: dict[tuple[str, str], int] = {}
        for number, event in enumerate(exchange.events):
            self.first.setdefault((event.direction, event.type), number)

    def row(self, row: Row, before: Row | None) -> dict[str, Any]:
        """*row*, which comes after *before*, as JSON; keys without a value are left out."""
        said: dict[str, Any] = {"kind": row.kind, "hops": [self._hop(one) for one in row.hops]}
        if dots := [*self._dots(row)]:
            said["dots"] = dots
        if before and (pause := self._pause(row, before)):
            said["pause"] = pause
        return said

    def _hop(self, step: Step) -> dict[str, Any]:
        said = {"at": step.at, "at_ms": step.moment / 1e6, "said": self._said(step)}
        more = {
            "took_ms": None if step.took is None else step.took / 1e6,
            "raised": step.raised,
            "event": self._event(step),
        }
        return said | {name: one for name, one in more.items() if one is not None}

    def _event(self, step: Step) -> int | None:
        """The number of the event of the exchange that *step* is, or became."""
        return self.first.get((step.kind, step.type)) if step.at else step.number

    def _said(self, step: Step) -> str:
        if step.kind == "call":
            return self.asked
        if step.kind == "return":
            return "returned"
        said = step.type or (f"receive: {step.raised}" if step.raised else "awaits receive")
        more = (step.status, size(step.size) if step.size else None)
        return " ".join([said, *(str(one) for one in more if one is not None)])

    def _pause(self, row: Row, before: Row) -> dict[str, Any] | None:
        """A long wait before *row*, and whose it was."""
        at, until = before.hops[-1].moment, row.hops[0].moment
        if until - at < self.least:
            return None
        window: Spans = [(at, until)]
        taken = {
            share: total(window) - total(without(window, spans))
            for share, spans in self.shares.items()
        }
        by = max(taken, key=lambda share: taken[share])
        if until - at - sum(taken.values()) > taken[by]:
            said = f"{duration(until - at)}, events are missing"
            return {"by": "gap", "column": 0, "said": said}
        what = {
            "app": "at work",
            "blocked": "loop blocked",
            "receive": "awaits " + ("the client" if self.exchange.type == "http" else "a message"),
            "send": self.sending,
        }[by]
        # After a call has ended, the column that it returned or raised to goes on
        over = before.kind in {"return", "raise"}
        column = before.hops[-1].at if over else self.deepest + 1
        return {
            "by": "app" if by == "blocked" else by,
            "column": column if by in {"app", "blocked"} else 0,
            # The rest of the wait is the app's own, as in ``spent``
            "said": f"{duration(taken[by] if by == 'blocked' else until - at)} {what}",
        }

    def _dots(self, row: Row) -> Iterator[dict[str, Any]]:
        """Where a layer changed *row*, began or ended it."""
        for before, after in pairwise([None, *row.hops, None]):
            column = after.start if after else before.end if before else 0
            if 0 < column <= len(self.layers):
                layer = self.layers[column - 1]
                what, *said = self._done(layer, row.kind, before, after)
                if said:
                    words = f"{layer.name}: {'; '.join(said)}"
                    yield {"column": column, "what": what, "said": words}

    def _done(
        self, layer: Passage, kind: Kind, before: Step | None, after: Step | None
    ) -> list[str]:
        """What *layer* did to a message between two of its steps, in a word and then at length."""
        if before and after:
            return ["changed", *self._changed(before, after)]
        fault = layer.fault
        replaced = fault is not None and fault.what == "replaced"
        match kind, after:
            case "raise", None:
                done = f"replaced it by {fault.outside}" if fault and replaced else "swallowed it"
                return ["replaced" if replaced else "swallowed", done]
            case "raise", _ if layer.visible:
                return ["raised", f"replaced {fault.inside}" if fault and replaced else "raised it"]
            case "send", None:
                return ["kept", "held it back"]
            case "send", Step() if layer.visible:
                if layer.answered:
                    return ["answered", "answered in the app's place"]
                return ["changed", "sent it later", *self._changed(before, after)]
            case "receive", None if layer.received:
                return ["kept", "received it in the app's place"]
            case _:
                return ["changed"]

    def _changed(self, before: Step | None, after: Step) -> Iterator[str]:
        names: dict[str, list[str]] = {}
        for how, name in changes(after, self.layers):
            names.setdefault(how, []).append(name)
        yield from (f"{how} {', '.join(some)}" for how, some in names.items())
        if before and before.status != after.status:
            yield f"status {before.status} became {after.status}"
        if before and before.size != after.size:
            yield f"{size(before.size)} became {size(after.size)}"

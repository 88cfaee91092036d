"""What is wrong in a run: it is compared with what the observer saw, and with the bare run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from tests.matrix.comparable import comparable
from tests.matrix.scenarios import CLOSE, misses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgi_mw import Exchange
    from tests.matrix.frameworks import Framework
    from tests.matrix.observed import Call
    from tests.matrix.run import Run

_PHASES = ("startup", "shutdown")
# Stands for a route that does not matter
_ANY = object()
_STOPPED = {"cancelled", "client_gone", "lost"}
# Tasks that the app left behind go on, but are no part of the connection
_AFTER = ("events after the app returned",)


class Deviation(NamedTuple):
    """One thing that is not as it should be.

    Attributes:
        case: The scenario, ``lifespan`` or ``serving``.
        what: What was found in place of what should be there.
    """

    case: str
    what: str


def holes(bare: Run) -> list[Deviation]:
    """What goes wrong without our layers: that is the fault of the framework or the server."""
    if bare.failure:
        return [Deviation("serving", bare.failure)]
    return [*_holes(bare)]


def faults(run: Run, bare: Run, framework: Framework) -> list[Deviation]:
    """What differs from the bare run, and what log, spans and recording report wrongly."""
    if run.failure != bare.failure:
        return [Deviation("serving", run.failure or "it serves")]
    found = [*_seen(run, bare), *_lifespan(run, bare)]
    found += _counted(run)
    serves_nothing = bool(misses("json", bare.facts["json"]))
    for case, calls in _by_case(run.calls).items():
        if len(calls) == 1:
            route: object = framework.route(case)
            if serves_nothing or misses(case, bare.facts.get(case, {})):
                route = _ANY  # a request that did not come to its route has none
            found += [Deviation(case, what) for what in _told(case, calls[0], run, route)]
    return found


def _holes(bare: Run) -> Iterator[Deviation]:
    for case, facts in bare.facts.items():
        for key, value in misses(case, facts).items():
            yield Deviation(case, f"{key}: {value!r}")
    outcomes = {call.case: call.outcome for call in bare.calls}
    for case in ("leave", "vanish"):
        if outcomes.get(case, "client_gone") != "client_gone" and not misses(
            case, bare.facts[case]
        ):
            yield Deviation(case, f"the app does not know: {outcomes[case]}")
    for call in bare.calls:
        if call.case == "talk" and call.status == 101 and call.code != CLOSE:
            yield Deviation("talk", f"the app gets the code {call.code}")
    if "background" not in bare.witnessed and not misses("background", bare.facts["background"]):
        yield Deviation("background", "it is not done")
    for phase in _PHASES:
        if phase not in bare.witnessed:
            yield Deviation("lifespan", f"no {phase}")
    if not bare.stopped:
        yield Deviation("hold", "the server does not stop")


def _seen(run: Run, bare: Run) -> Iterator[Deviation]:
    raised = {
        call.case
        for call in bare.calls
        if call.type == "http" and call.status is None and (call.ended or "").startswith("raised")
    }
    for case, facts in run.facts.items():
        if case in raised:  # a 500 of server_error, which is documented, in place of the server's
            if facts.get("status") != 500:
                yield Deviation(case, f"status: {facts.get('status')!r}, and the app raised")
            continue
        ours, theirs = comparable(case, facts), comparable(case, bare.facts[case])
        for key in ours | theirs:
            if ours.get(key) != theirs.get(key):
                yield Deviation(case, f"{key}: {ours.get(key)!r}, bare {theirs.get(key)!r}")
    if run.witnessed != bare.witnessed:
        yield Deviation("serving", f"the app did {run.witnessed}, bare {bare.witnessed}")
    if run.stopped is not bare.stopped:
        yield Deviation("hold", f"stopped: {run.stopped}, bare {bare.stopped}")
    outcomes = {call.case: call.outcome for call in bare.calls}
    for call in run.calls:
        if call.case not in {"", "hold"} and not _alike(call.outcome, outcomes.get(call.case)):
            yield Deviation(call.case, f"{call.outcome}, bare {outcomes.get(call.case)}")


def _alike(outcome: str, other: str | None) -> bool:
    """Whether they are the same; a stopping server ends open connections in a race."""
    return outcome == other or _STOPPED >= {outcome, other}


def _lifespan(run: Run, bare: Run) -> Iterator[Deviation]:
    """One record for each phase that the app went through, and one where it has no lifespan."""
    calls = [call for call in bare.calls if call.type == "lifespan"]
    expected = []
    for call in calls:
        answers = {one.type for one in call.passed if one.direction == "send"}
        if not call.passed:
            expected.append(("startup", "unsupported"))
        elif not answers and (call.ended or "").startswith("raised"):
            expected.append(("startup", "error"))
        for word, outcome in (("complete", "complete"), ("failed", "error")):
            expected += [(one, outcome) for one in _PHASES if f"lifespan.{one}.{word}" in answers]
    logged = [(one["phase"], one["outcome"]) for one in run.log if one["event"] == "lifespan"]
    if sorted(logged) != sorted(expected):
        yield Deviation("lifespan", f"logged {logged}, expected {expected}")
    recorded = [one for one in run.exchanges if one.type == "lifespan"]
    if len(recorded) != len(calls):
        yield Deviation("lifespan", f"{len(recorded)} exchanges of {len(calls)}")


def _counted(run: Run) -> Iterator[Deviation]:
    """One record, span and exchange for each call, and none beside."""
    expected = sorted(call.case for call in run.calls if call.type != "lifespan")
    logged = [call.case for call in run.calls if call.type != "lifespan" and call.over]
    for name, cases, wanted in (
        ("log", [_case_of_log(one) for one in run.log if one["event"] != "lifespan"], logged),
        ("spans", [_case_of_span(one) for one in run.spans], expected),
        (
            "exchanges",
            [_case_of_exchange(one) for one in run.exchanges if one.type != "lifespan"],
            expected,
        ),
    ):
        missing, more = _difference(wanted, cases), _difference(cases, wanted)
        for case in missing:
            yield Deviation(case, f"not in {name}")
        for case in more:
            yield Deviation(case, f"once too often in {name}")


def _told(case: str, call: Call, run: Run, route: object) -> Iterator[str]:
    """What log, span and exchange of one call report wrongly."""
    logs = [one for one in run.log if _case_of_log(one) == case]
    spans = [one for one in run.spans if _case_of_span(one) == case]
    exchanges = [one for one in run.exchanges if _case_of_exchange(one) == case]
    request_id = _header(run.facts.get(case, {}), "x-request-id")
    for log in logs:
        facts = {"outcome": call.outcome, "status": call.status, "route": route}
        if request_id is not None:
            facts["request_id"] = request_id
        yield from _wrong("the log", log, facts)
    for span in spans:
        attributes: dict[str, Any] = span["attributes"]
        yield from _wrong("the span", attributes, {"http.route": route})
        if call.type == "http":
            yield from _wrong("the span", attributes, {"http.response.status_code": call.status})
    for exchange in exchanges:
        yield from _recorded(exchange, call, route)
        for log in logs:
            for name in ("request_id", "trace_id", "span_id"):
                yield from _wrong(
                    "the exchange", {name: getattr(exchange, name)}, {name: log[name]}
                )
        for span in spans:
            yield from _wrong(
                "the span",
                {"span_id": span["context"]["span_id"].removeprefix("0x")},
                {"span_id": exchange.span_id},
            )


def _recorded(exchange: Exchange, call: Call, route: object) -> Iterator[str]:
    facts = {
        "outcome": exchange.outcome,
        "status": exchange.status,
        "route": exchange.route,
        "dropped": {key: count for key, count in exchange.dropped.items() if key not in _AFTER},
        "events": [(one.direction, one.type, one.size) for one in exchange.events],
    }
    passed = [(one.direction, one.type, one.size) for one in call.passed]
    # The process took with it what was not written yet
    if call.outcome == "lost" or any(reason in exchange.dropped for reason in _AFTER):
        passed = passed[: len(exchange.events)]
    expected = {
        "outcome": call.outcome,
        "status": call.status,
        "route": route,
        "dropped": {},
        "events": passed,
    }
    yield from _wrong("the exchange", facts, expected)
    if call.type == "websocket" and call.status == 101 and call.outcome == "complete":
        yield from _wrong(
            "the exchange",
            {"code": exchange.close.code if exchange.close else None},
            {"code": call.code},
        )


def _wrong(who: str, facts: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if value is not _ANY and facts.get(name) != value:
            yield f"{who} has {name} {facts.get(name)!r}, not {value!r}"


def _by_case(calls: Iterable[Call]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in calls:
        if call.type != "lifespan":
            found.setdefault(call.case, []).append(call)
    return found


def _difference(some: list[str], others: list[str]) -> list[str]:
    return [*(Counter(some) - Counter(others)).elements()]


def _header(facts: dict[str, Any], name: str) -> str | None:
    values = [value for key, value in facts.get("headers", ()) if key.lower() == name]
    return values[0] if values else None


def _case_of(query: str) -> str:
    return parse_qs(query).get("case", [""])[0]


def _case_of_log(record: dict[str, Any]) -> str:
    return _case_of(record.get("query", ""))


def _case_of_span(span: dict[str, Any]) -> str:
    return _case_of(span["attributes"].get("url.query", ""))


def _case_of_exchange(exchange: Exchange) -> str:
    return _case_of((exchange.scope.get("query_string") or b"").decode("latin-1"))

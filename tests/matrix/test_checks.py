"""The matrix finds the one thing that is wrong in a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.matrix.checks import Deviation, faults, holes
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.observed import Call, Passed
from tests.matrix.run import Run
from tests.matrix.scenarios import LAST, SCENARIOS
from tests.recorder.made import made

if TYPE_CHECKING:
    from collections.abc import Callable

FASTAPI = FRAMEWORKS["fastapi"]
_PASSED = [
    Passed("receive", "http.request", 0),
    Passed("send", "http.response.start", 0),
    Passed("send", "http.response.body", 2),
]
_ID = "0af7651916cd43dd8448eb211c80319c"


def run(attached: Any = "outside") -> Run:
    """A run with a single call of the app, and all that can be seen of it."""
    call = Call("http", "json", "1.1", passed=_PASSED, ended="returned", status=200, complete=True)
    life = [
        Passed("send", "lifespan.startup.complete"),
        Passed("send", "lifespan.shutdown.complete"),
    ]
    phases = [("startup", "complete"), ("shutdown", "complete")]
    ids: dict[str, Any] = {"request_id": "7", "trace_id": _ID, "span_id": _ID[:16]}
    log: list[dict[str, Any]] = [
        {"event": "lifespan", "phase": phase, "outcome": outcome} for phase, outcome in phases
    ]
    log.append(
        {
            "event": "http",
            "query": "case=json",
            "status": 200,
            "outcome": "complete",
            "route": "/users/{name}",
            **ids,
        }
    )
    span = {
        "attributes": {
            "url.query": "case=json",
            "http.route": "/users/{name}",
            "http.response.status_code": 200,
        },
        "context": {"span_id": f"0x{_ID[:16]}"},
    }
    facts: dict[str, Any] = {
        name: {**one.expects, "headers": [("content-type", "text/plain"), ("x-request-id", "7")]}
        for name, one in (SCENARIOS | LAST).items()
    }
    exchange = made(
        path="/users/ann", scope={"query_string": b"case=json"}, route="/users/{name}", **ids
    )
    return Run(
        attached=attached,
        failure="",
        facts=facts,
        calls=[Call("lifespan", "", None, passed=life, ended="returned"), call],
        witnessed=["background", "shutdown", "startup"],
        log=log,
        spans=[span],
        exchanges=[made(kind="lifespan", outcome="complete"), exchange],
        stopped=True,
        output="",
    )


def test_a_run_that_is_right_has_nothing() -> None:
    """This holds for the bare run and for the one with our layers."""
    assert [] == holes(run("bare"))
    assert [] == faults(run(), run("bare"), FASTAPI)


def _log(run: Run, **facts: Any) -> Run:
    return replace(run, log=[*run.log[:-1], {**run.log[-1], **facts}])


def _span(run: Run, **facts: Any) -> Run:
    span = {**run.spans[0], "attributes": {**run.spans[0]["attributes"], **facts}}
    return replace(run, spans=[span])


def _exchange(run: Run, **facts: Any) -> Run:
    return replace(run, exchanges=[run.exchanges[0], replace(run.exchanges[1], **facts)])


def _facts(run: Run, **facts: Any) -> Run:
    return replace(run, facts={**run.facts, "json": {**run.facts["json"], **facts}})


WRONG: dict[str, tuple[Callable[[Run], Run], str, str]] = {
    "a status": (lambda one: _facts(one, status=201), "json", "status: 201, bare 200"),
    "a header": (lambda one: _facts(one, headers=[]), "json", "headers: [], bare [("),
    "a body": (lambda one: _facts(one, body={}), "json", "body: {}, bare {'name': 'ann'}"),
    "no log": (lambda one: replace(one, log=one.log[:-1]), "json", "not in log"),
    "two logs": (
        lambda one: replace(one, log=[*one.log, one.log[-1]]),
        "json",
        "once too often in log",
    ),
    "no span": (lambda one: replace(one, spans=[]), "json", "not in spans"),
    "two spans": (lambda one: replace(one, spans=one.spans * 2), "json", "once too often in spans"),
    "no exchange": (
        lambda one: replace(one, exchanges=one.exchanges[:1]),
        "json",
        "not in exchanges",
    ),
    "an outcome": (
        lambda one: _log(one, outcome="error"),
        "json",
        "the log has outcome 'error', not 'complete'",
    ),
    "a route in the log": (lambda one: _log(one, route=None), "json", "the log has route None"),
    "a route in the span": (
        lambda one: _span(one, **{"http.route": "/users/ann"}),
        "json",
        "the span has http.route '/users/ann'",
    ),
    "another id": (lambda one: _log(one, request_id="8"), "json", "the log has request_id '8'"),
    "an event": (
        lambda one: _exchange(one, events=one.exchanges[1].events[:2]),
        "json",
        "the exchange has events [",
    ),
    "what was dropped": (
        lambda one: _exchange(one, dropped={"events": 1}),
        "json",
        "the exchange has dropped {'events': 1}, not {}",
    ),
    "a phase": (lambda one: replace(one, log=one.log[1:]), "lifespan", "logged [('shutdown',"),
    "the lifespan": (
        lambda one: replace(one, exchanges=one.exchanges[1:]),
        "lifespan",
        "0 exchanges of 1",
    ),
    "a background task": (
        lambda one: replace(one, witnessed=["shutdown", "startup"]),
        "serving",
        "the app did ['shutdown', 'startup']",
    ),
    "the stop": (lambda one: replace(one, stopped=False), "hold", "stopped: False, bare True"),
    "the start": (lambda one: replace(one, failure="it does not listen"), "serving", "it does not"),
}


@pytest.mark.parametrize(("wrong", "case", "what"), WRONG.values(), ids=WRONG)
def test_one_thing_that_is_wrong_is_found(
    wrong: Callable[[Run], Run], case: str, what: str
) -> None:
    """It is reported for the scenario in which it is."""
    found = faults(wrong(run()), run("bare"), FASTAPI)

    assert found
    assert (case, what) == (found[0].case, found[0].what[: len(what)])


HOLES: dict[str, tuple[Callable[[Run], Run], Deviation]] = {
    "what is not as it should be": (
        lambda one: _facts(one, status=500),
        Deviation("json", "status: 500"),
    ),
    "no background task": (
        lambda one: replace(one, witnessed=["shutdown", "startup"]),
        Deviation("background", "it is not done"),
    ),
    "no shutdown": (
        lambda one: replace(one, witnessed=["background", "startup"]),
        Deviation("lifespan", "no shutdown"),
    ),
    "a server that does not stop": (
        lambda one: replace(one, stopped=False),
        Deviation("hold", "the server does not stop"),
    ),
    "a server that does not start": (
        lambda one: replace(one, failure="it does not listen"),
        Deviation("serving", "it does not listen"),
    ),
}


@pytest.mark.parametrize(("wrong", "expected"), HOLES.values(), ids=HOLES)
def test_what_a_bare_run_lacks_is_a_hole(wrong: Callable[[Run], Run], expected: Deviation) -> None:
    """The framework or the server is to blame."""
    assert [expected] == holes(wrong(run("bare")))

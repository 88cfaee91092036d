"""Log records say which span they were written in."""

from __future__ import annotations

import logging
from types import SimpleNamespace

from opentelemetry import context, trace

from asgi_mw.telemetry import TraceContextFilter, add_trace_context
from asgi_mw.telemetry.trace_context import span_of

SPAN = trace.NonRecordingSpan(trace.SpanContext(0xAB, 0xCD, False, trace.TraceFlags(3)))
IDS = {"trace_id": f"{0xAB:032x}", "span_id": f"{0xCD:016x}", "trace_flags": "03"}


def test_a_structlog_event_has_the_ids_inside_a_span() -> None:
    """None outside, and what stands there already stays."""
    assert add_trace_context(None, "info", {"event": "x"}) == {"event": "x"}

    token = context.attach(trace.set_span_in_context(SPAN))
    try:
        assert add_trace_context(None, "info", {"event": "x"}) == {"event": "x", **IDS}
        assert add_trace_context(None, "info", {"trace_id": "own"})["trace_id"] == "own"
    finally:
        context.detach(token)


def test_a_stdlib_record_always_has_them() -> None:
    """A dash outside of a span, so that a format string can name them."""
    outside, inside, own = (logging.makeLogRecord({}) for _ in range(3))
    vars(own)["trace_id"] = "own"
    assert TraceContextFilter().filter(outside)
    token = context.attach(trace.set_span_in_context(SPAN))
    try:
        assert TraceContextFilter().filter(inside)
        assert TraceContextFilter().filter(own)
    finally:
        context.detach(token)

    assert [vars(outside)[name] for name in IDS] == ["-", "-", "-"]
    assert {name: vars(inside)[name] for name in IDS} == IDS
    assert (vars(own)["trace_id"], vars(own)["span_id"]) == ("own", IDS["span_id"])


def test_the_span_of_a_connection_is_the_first_that_is_known() -> None:
    """What `tracing` noted; else the current one, unless a server may have left it there."""
    noted, own, fresh, left = (
        SimpleNamespace(span=span, entered=entered)
        for span, entered in (("noted", True), (None, True), (None, True), (None, False))
    )
    assert span_of(fresh) is None
    token = context.attach(trace.set_span_in_context(SPAN))
    try:
        assert [span_of(one) for one in (noted, own, left)] == [
            *("noted", SPAN.get_span_context(), None),
        ]
    finally:
        context.detach(token)
    assert (span_of(own), span_of(left)) == (SPAN.get_span_context(), None)

"""Instrumentation can be switched off in a context, and on again."""

from __future__ import annotations

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.instrumentation.utils import (
    is_http_instrumentation_enabled,
    suppress_http_instrumentation,
    suppress_instrumentation,
)

from asgi_mw.telemetry.silence import Silence


@pytest.mark.parametrize("suppress", [suppress_instrumentation, suppress_http_instrumentation])
def test_others_switch_it_off(suppress: object) -> None:
    """By the keys of OpenTelemetry's instrumentations."""
    silence = Silence()
    with suppress():  # type: ignore[operator]  # a context manager
        assert silence.holds(context.get_current())

    assert not silence.holds(context.get_current())


def test_instrumentations_are_off_in_it() -> None:
    """Those that OpenTelemetry ships."""
    token = context.attach(Silence().kept(context.get_current()))
    try:
        assert not is_http_instrumentation_enabled()
    finally:
        context.detach(token)


def test_it_is_lifted_to_what_was_before() -> None:
    """One that others asked for stays."""
    silence = Silence()
    before = context.set_value("tenant", "acme", context.Context())
    kept = silence.kept(before)

    assert kept["tenant"] == "acme"
    assert silence.lifted(kept) is before
    assert silence.lifted(before) is before


def test_span_and_baggage_are_left_behind() -> None:
    """The span in their place is valid and not sampled, and another one each time."""
    silence = Silence()
    kept = [silence.kept(baggage.set_baggage("k", "v", context.Context())) for _ in range(2)]
    spans = [trace.get_current_span(one).get_span_context() for one in kept]

    assert [dict(baggage.get_all(one)) for one in kept] == [{}, {}]
    assert [(one.is_valid, one.trace_flags.sampled) for one in spans] == [(True, False)] * 2
    assert spans[0].trace_id != spans[1].trace_id

"""Continue the trace of the caller, and send it back: context in and out of ASGI headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.headers import find_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.trace import SpanContext

    from asgi_mw.headers import Headers

# What the usual propagators read: without these headers they are not called, others always are
USUAL = frozenset({"traceparent", "tracestate", "baggage"})


def extractor() -> Callable[[Context, Headers, bool], Context]:
    """A function that reads the caller's context into another, by the current global propagator.

    The function takes the other context, the headers, and whether one of the headers of
    :data:`USUAL` is among them.
    """
    from opentelemetry import propagate  # noqa: PLC0415  # slow to import
    from opentelemetry.propagators.textmap import Getter  # noqa: PLC0415  # the same

    class HeaderGetter(Getter["Headers"]):
        """Reads ASGI headers; gives all values of a repeated one."""

        def get(self, carrier: Headers, key: str) -> list[str] | None:
            name = key.lower()
            values = find_all(carrier, name.encode("latin-1", "replace"))
            if len(values) > 1:
                if name == "traceparent":
                    # It is ambiguous: the test suite of the W3C wants a new trace then
                    # https://github.com/w3c/trace-context/blob/main/test/test.py
                    return None
                if name == "baggage":
                    values = [b",".join(values)]  # the propagator reads only the first one
            return [value.decode("latin-1") for value in values] or None

        def keys(self, carrier: Headers) -> list[str]:
            return [bytes(pair[0]).decode("latin-1").lower() for pair in carrier]

    getter = HeaderGetter()
    known: Any = None
    usual = False

    def extracted(base: Context, headers: Headers, present: bool) -> Context:  # noqa: FBT001  # on the hot path
        nonlocal known, usual
        propagator = propagate.get_global_textmap()
        if propagator is not known:
            known, usual = propagator, propagator.fields <= USUAL
        if usual and not present:
            return base
        return propagator.extract(headers, base, getter)

    return extracted


def severance() -> Callable[[Context], Context]:
    """A function that takes the span and the baggage out of a context; all else stays in it.

    Servers run the next request of a connection in the context in which the previous request
    resumed the reading: with the span and the baggage of that request.
    """
    from opentelemetry import baggage, trace  # noqa: PLC0415  # slow to import

    def severed(current: Context) -> Context:
        if trace.get_current_span(current) is not trace.INVALID_SPAN:
            current = trace.set_span_in_context(trace.INVALID_SPAN, current)
        return baggage.clear(current) if baggage.get_all(current) else current

    return severed


def traceparent(span: SpanContext) -> bytes:
    """The ``traceparent`` of *span*, by https://www.w3.org/TR/trace-context/."""
    return b"00-%032x-%016x-%02x" % (span.trace_id, span.span_id, span.trace_flags)

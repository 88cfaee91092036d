"""Go on with the trace of the caller, and tell it back: context in and out of ASGI headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.headers import find_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.trace import SpanContext

    from asgi_mw.headers import Headers

# What the usual propagators read; for others a look at their headers is up to them
USUAL = frozenset({"traceparent", "tracestate", "baggage"})


def extractor() -> Callable[[Context, Headers, bool], Context]:
    """What makes the caller's context of the current one: by the global propagator of the moment.

    The function takes the current context, the headers, and whether one of the headers of
    :data:`USUAL` is among them.
    """
    from opentelemetry import propagate  # noqa: PLC0415  # slow to import
    from opentelemetry.propagators.textmap import Getter  # noqa: PLC0415  # the same

    class HeaderGetter(Getter["Headers"]):
        """Reads ASGI headers; gives all values of a repeated one."""

        def get(self, carrier: Headers, key: str) -> list[str] | None:
            values = find_all(carrier, key.lower().encode("latin-1", "replace"))
            return [value.decode("latin-1") for value in values] or None

        def keys(self, carrier: Headers) -> list[str]:
            return [bytes(pair[0]).decode("latin-1").lower() for pair in carrier]

    getter = HeaderGetter()
    known: Any = None
    usual = False

    def extracted(current: Context, headers: Headers, present: bool) -> Context:  # noqa: FBT001  # on the hot path
        nonlocal known, usual
        propagator = propagate.get_global_textmap()
        if propagator is not known:
            known, usual = propagator, propagator.fields <= USUAL
        if usual and not present:
            return current
        return propagator.extract(headers, current, getter)

    return extracted


def suppression() -> Callable[[Context], bool]:
    """Whether instrumentation, or that of HTTP, is switched off in a context."""
    from opentelemetry import context  # noqa: PLC0415  # slow to import

    # What opentelemetry.instrumentation.utils sets; no release has public names for them
    keys = ["suppress_instrumentation"]
    for name in ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY"):
        key = getattr(context, name, None)
        if isinstance(key, str):
            keys.append(key)

    def suppressed(current: Context) -> bool:
        return any(current.get(key) for key in keys)

    return suppressed


def traceparent(span: SpanContext) -> bytes:
    """The ``traceparent`` of *span*, by https://www.w3.org/TR/trace-context/."""
    return b"00-%032x-%016x-%02x" % (span.trace_id, span.span_id, span.trace_flags)

"""Start the span of a connection, as the child of its caller's or linked to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    SpanKind,
    get_current_span,
    set_span_in_context,
)

from asgi_mw.headers import find, firsts
from asgi_mw.middleware.tracing.start import start_attributes
from asgi_mw.telemetry.attributes import StartAttributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.trace import Span, Tracer

    from asgi_mw.headers import Headers
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.types import Scope

Start: TypeAlias = (
    "Callable[[Tracer | None, Scope, Headers, Context, int], tuple[Span | None, bool, Context]]"
)
# What the usual propagators go by
_PARENT, _BAGGAGE = b"traceparent", b"baggage"
_NONE: Mapping[bytes, bytes] = {}
# The key of the current span in a context, which has no public name
[_CURRENT] = set_span_in_context(INVALID_SPAN, Context())


def starter(policy: Policy) -> Start:
    """What starts a span at a time (ns since the epoch): it, whether it records, and its context.

    The parent is what the headers tell, read into a context without a span.  Without a tracer
    there is no span, and the context is that of the caller, if one is told.
    """
    extract, public, methods = policy.extract, policy.public, policy.methods
    make, faults = partial(start_attributes, policy), policy.faults
    server, recorded = SpanKind.SERVER, False

    def start(
        tracer: Tracer | None, scope: Scope, headers: Headers, base: Context, start_time: int
    ) -> tuple[Span | None, bool, Context]:
        nonlocal recorded
        found: Mapping[bytes, bytes] = _NONE
        if tracer is None:  # nobody asks for the others
            told = find(headers, _PARENT) is not None or find(headers, _BAGGAGE) is not None
        else:
            found = firsts(headers)
            told = _PARENT in found or _BAGGAGE in found
        try:
            parent = extract(base, headers, told)
        except Exception as fault:  # noqa: BLE001  # a propagator of somebody else's
            faults.note("extract", fault)
            parent = base
        links = None
        if parent is not base and public(scope):
            # Somebody else's trace ids and baggage are no reason to believe them
            remote = get_current_span(parent).get_span_context()
            links = [Link(remote)] if remote.is_valid else None
            parent = base
        if tracer is None:
            return None, False, parent
        method = scope.get("method") or "GET" if scope["type"] == "http" else "GET"
        span = tracer.start_span(
            methods[method][1],
            parent,
            server,
            # What was recorded last time will be read this time: a plain dict is faster then
            make(scope, method, headers, found)
            if recorded
            else StartAttributes(make, scope, method, headers, found),
            links,
            start_time,
        )
        recorded = span.is_recording()
        return span, recorded, Context({**parent, _CURRENT: span})

    return start

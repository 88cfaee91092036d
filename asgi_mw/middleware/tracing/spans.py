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

from asgi_mw.headers import firsts
from asgi_mw.middleware.tracing.start import start_attributes
from asgi_mw.telemetry.attributes import StartAttributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import Span, Tracer

    from asgi_mw.headers import Headers
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.types import Scope

Start: TypeAlias = "Callable[[Tracer, Scope, Headers, Context, int], tuple[Span, bool, Context]]"
Adopt: TypeAlias = "Callable[[Scope, Headers, Context], Context]"
# The headers that the usual propagators read
_PARENT, _BAGGAGE = b"traceparent", b"baggage"
_TELLING = frozenset({_PARENT, _BAGGAGE})
_LENGTHS = frozenset(map(len, _TELLING))
# The key of the current span in a context, which has no public name
[_CURRENT] = set_span_in_context(INVALID_SPAN, Context())


def starter(policy: Policy) -> tuple[Start, Adopt]:
    """Two functions that begin to trace a connection, within a context without a span.

    The first starts a span at a time (ns since the epoch), with the parent that the headers name.
    It returns the span, whether that records, and its context.  The second is for a connection
    that is not traced: it returns the context of the caller, if the headers name one.
    """
    extract, public, methods = policy.extract, policy.public, policy.methods
    make, faults = partial(start_attributes, policy), policy.faults
    server, recorded = SpanKind.SERVER, False

    def extracted(
        scope: Scope,
        headers: Headers,
        base: Context,
        told: bool,  # noqa: FBT001  # on the hot path
    ) -> tuple[Context, list[Link] | None]:
        try:
            parent = extract(base, headers, told)
        except Exception as fault:  # noqa: BLE001  # a propagator of somebody else's
            faults.note("extract", fault)
            return base, None
        if parent is not base and public(scope):
            # Strangers send trace ids and baggage: the trace is only linked to, the rest dropped
            remote = get_current_span(parent).get_span_context()
            return base, [Link(remote)] if remote.is_valid else None
        return parent, None

    def adopt(scope: Scope, headers: Headers, base: Context) -> Context:
        return extracted(scope, headers, base, _tell(headers))[0]

    def start(
        tracer: Tracer, scope: Scope, headers: Headers, base: Context, start_time: int
    ) -> tuple[Span, bool, Context]:
        nonlocal recorded
        found = firsts(headers)
        told = _PARENT in found or _BAGGAGE in found
        parent, links = extracted(scope, headers, base, told)
        method = scope.get("method") or "GET" if scope["type"] == "http" else "GET"
        span = tracer.start_span(
            methods[method][1],
            parent,
            server,
            # As the last span was recorded, the attributes will be read: a plain dict is faster
            make(scope, method, headers, found)
            if recorded
            else StartAttributes(make, scope, method, headers, found),
            links,
            start_time,
        )
        recorded = span.is_recording()
        return span, recorded, Context({**parent, _CURRENT: span})

    return start, adopt


def _tell(headers: Headers) -> bool:
    """Whether *headers* may name a caller's trace, or have its baggage."""
    try:
        for pair in headers:
            if len(pair[0]) in _LENGTHS and pair[0].lower() in _TELLING:
                return True
    except (AttributeError, IndexError, KeyError, TypeError):  # malformed: left to the propagator
        return True
    return False

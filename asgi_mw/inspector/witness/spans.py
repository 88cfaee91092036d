"""Witness the spans that OpenTelemetry's SDK records while a connection is served."""

from __future__ import annotations

import sys
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.faults import Faults
from asgi_mw.noting import note, takers

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

    from asgi_mw.noting import Opened

# Open spans that are remembered.  One more makes all be forgotten, and their ends are not noted:
# spans that never end would fill the memory
_MOST_OPEN = 10_000
_MOST_EVENTS = 16
# Clocks that differ by so many ns more than before were set; two looks at them take less
_SET = 50_000_000


class Spans:
    """Notes each span, from where it is started until it ends.

    The SDK can add a processor to a provider but not take it away: after :meth:`remove` it stays,
    and does nothing.
    """

    def __init__(self) -> None:
        self._faults = Faults("witness")
        self._open: dict[tuple[int, int], Opened] = {}
        self._seen: list[Any] = []
        self._on = False
        self._apart = time_ns() - perf_counter_ns()

    def look(self) -> None:
        """Add the processor to the global provider, once there is one of an SDK."""
        trace = sys.modules.get("opentelemetry.trace")
        if trace is None or "opentelemetry.sdk.trace" not in sys.modules:
            return
        if getattr(trace, "_TRACER_PROVIDER", None) is None:
            return  # to ask for it could load one that the environment names, before the app's own
        provider = trace.get_tracer_provider()
        if hasattr(provider, "add_span_processor") and not any(
            one is provider for one in self._seen
        ):
            self._seen.append(provider)
            try:
                provider.add_span_processor(_processor(self))
            except Exception as error:  # noqa: BLE001  # a fault of ours never reaches the app
                self._faults.note("spans", error)

    def install(self) -> None:
        """Begin, if that was not done before."""
        self._on = True
        self.look()

    def remove(self) -> None:
        """Note nothing more."""
        self._on = False
        self._open.clear()

    def started(self, span: Span) -> None:
        """A span was started, in the context of whoever started it."""
        if not self._on or not takers():
            return
        try:
            opened = note("span", span.name, at=self._moment(span.start_time))
            if opened is not None:
                if len(self._open) >= _MOST_OPEN:  # some never end: the oldest most likely
                    del self._open[next(iter(self._open))]
                self._open[_key(span)] = opened
        except Exception as error:  # noqa: BLE001  # the same
            self._faults.note("spans", error)

    def _moment(self, start: int | None) -> int:
        """When *start* was by the clock of the notes; the app may have given one in the past.

        All spans use the same difference between the two clocks, until the wall clock is set: so a
        span that is within another one stays there.
        """
        now = perf_counter_ns()
        if start is None:
            return now
        apart = time_ns() - now
        if abs(apart - self._apart) > _SET:
            self._apart = apart
        return start - self._apart

    def ended(self, span: ReadableSpan) -> None:
        """A span has ended, wherever that was."""
        if not self._open:
            return
        try:
            opened = self._open.pop(_key(span), None)
            if opened is not None:
                took = None
                if span.start_time is not None and span.end_time is not None:
                    took = span.end_time - span.start_time
                failed = span.status.status_code.name == "ERROR"
                opened.close(took=took, level="error" if failed else None, detail=_told(span))
        except Exception as error:  # noqa: BLE001  # the same
            self._faults.note("spans", error)


def _key(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    return (0, 0) if context is None else (context.trace_id, context.span_id)


def _told(span: ReadableSpan) -> dict[str, Any]:
    parent, status = span.parent, span.status
    told: dict[str, Any] = {
        "name": span.name,  # which may have been given after the start
        "span_id": f"{_key(span)[1]:016x}",
        "parent_id": None if parent is None else f"{parent.span_id:016x}",
        "kind": span.kind.name.lower(),
    }
    if status.status_code.name != "UNSET":
        told["status"] = status.status_code.name.lower()
    if status.description:
        told["description"] = status.description
    if span.attributes:
        told["attributes"] = dict(span.attributes)
    if span.events:
        told["events"] = [one.name for one in span.events[:_MOST_EVENTS]]
    scope = span.instrumentation_scope
    if scope is not None:
        told["by"] = scope.name
    return told


def _processor(spans: Spans) -> SpanProcessor:
    from opentelemetry.sdk.trace import SpanProcessor  # noqa: PLC0415  # an extra, imported by now

    class Witness(SpanProcessor):
        """Hands what starts and ends to *spans*."""

        def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  # the SDK's
            spans.started(span)

        def on_end(self, span: ReadableSpan) -> None:
            spans.ended(span)

    return Witness()

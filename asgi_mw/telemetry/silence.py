"""Switch instrumentation off in a context, and see whether somebody did."""

from __future__ import annotations

from random import getrandbits
from typing import TYPE_CHECKING

from asgi_mw.telemetry.propagation import severance
from asgi_mw.telemetry.trace_context import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context


class Silence:
    """Switches instrumentation off in a context, and sees whether it, or that of HTTP, is off.

    Instrumentations look for keys in the context.  For spans that are started by hand, which look
    for none, the current span is one that is not sampled: samplers that ask the parent follow it.

    Attributes:
        severed: Takes span and baggage out of a context.

    >>> silence = Silence()
    >>> from opentelemetry.context import Context
    >>> silence.holds(silence.kept(Context())), silence.holds(Context())
    (True, False)
    """

    def __init__(self) -> None:
        from opentelemetry import context, trace  # noqa: PLC0415  # slow to import

        # The keys that opentelemetry.instrumentation.utils sets; no release makes them public
        keys = {"suppress_instrumentation": True}
        for name in ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY"):
            key = getattr(context, name, None)
            if isinstance(key, str):
                keys[key] = True
        self._keys = keys
        self._before = context.create_key("asgi_mw.silenced")
        self._context, self._trace = context, trace
        self.severed: Callable[[Context], Context] = severance()

    def holds(self, current: Context) -> bool:
        """Whether instrumentation, or that of HTTP, is off in *current*."""
        return any(current.get(key) for key in self._keys)

    def kept(self, current: Context) -> Context:
        """*current* with instrumentation off, and without its span and baggage."""
        trace = self._trace
        # As the SDK makes them
        ids = trace.SpanContext(getrandbits(128) or 1, getrandbits(64) or 1, is_remote=False)
        span = trace.NonRecordingSpan(ids)
        vars(span)[SILENT] = True
        off = trace.set_span_in_context(span, self.severed(current))
        return self._context.Context({**off, **self._keys, self._before: current})

    def lifted(self, current: Context) -> Context:
        """*current* as it was before :meth:`kept`.

        Servers run the next request of a connection in the context of the previous one: a probe
        that was skipped must not silence the requests after it.
        """
        before = current.get(self._before)
        return before if isinstance(before, dict) else current  # type: ignore[return-value]  # what kept put there

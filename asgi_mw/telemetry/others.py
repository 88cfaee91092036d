"""Other tracers of ASGI connections, and how each gives way: one connection has one span.

The table is :data:`OTHERS`.  If another tracer stands outside, its span is the one, and we
measure what it does not.  If it stands inside, its own key silences it.  One without a key is
refused when the layer is made, or only named if the environment may have put it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.chains import name_of, peek, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.context import Context

    from asgi_mw.errors import Problems
    from asgi_mw.types import App, Scope


class Other(NamedTuple):
    """Another tracer.

    Attributes:
        name: What people call it.
        measures: Whether it measures the duration of requests, too.
        key: Where it marks the scope of a connection that it traces; empty if it does not.
        quiet: The value under that key that makes it leave the connection alone.
        modules: Where its middleware is defined; ``()`` if it listens to its key.
        scope: The name of the instrumentation scope of its spans, or the start of that name.
    """

    name: str
    measures: bool
    key: str = ""
    quiet: object = None
    modules: tuple[str, ...] = ()
    scope: str = ""


OTHERS = (
    # Looks whether the key is there; the object that it puts there has its span, if it makes one
    Other("FastAPI's telemetry", measures=True, key="fastapi.telemetry", quiet=None),
    Other("Starlette's OpenTelemetryMiddleware", False, "starlette.opentelemetry", quiet=True),
    # Its FastAPI and Starlette instrumentations, Litestar's plugin and logfire build on it
    Other(
        "opentelemetry-instrumentation-asgi",
        measures=True,
        modules=("opentelemetry.instrumentation.asgi.", "litestar.plugins.opentelemetry."),
        scope="opentelemetry.instrumentation.",
    ),
    Other(
        "Lilya's OpenTelemetryMiddleware",
        measures=False,
        modules=("lilya.contrib.opentelemetry.",),
        scope="lilya.contrib.opentelemetry",
    ),
    # Is no ASGI middleware, so nothing of ours can stand inside of it
    Other("BlackSheep's OTELMiddleware", measures=False, modules=("blacksheep.server.otel.",)),
)
# Goes into the scope, where it replaces no key, so that the tracers inside are silent
QUIET = {other.key: other.quiet for other in OTHERS if other.key}
# Where frameworks keep the middleware that they have or will make
_LISTS = ("user_middleware", "custom_middleware", "middleware", "middlewares")


def outside() -> Callable[[Scope, Context], Other | None]:
    """A function that says which other tracer has a span of a connection, in a given context."""
    from opentelemetry import trace  # noqa: PLC0415  # slow to import

    def found(scope: Scope, current: Context) -> Other | None:
        span = trace.get_current_span(current)
        for other in OTHERS:
            if other.key:
                mark = scope.get(other.key)
                # Starlette marks connections that it leaves alone as well: they have no span
                theirs = span.get_span_context().is_valid if mark is True else peek(mark, "span")
                if theirs:
                    return other
            elif other.scope and _made_by(other.scope, span, trace.SpanKind.SERVER):
                return other
        return None

    return found


def inside(app: App, problems: Problems) -> tuple[str, ...]:
    """Look for tracers inside *app* that cannot be silenced: they go to *problems*.

    ``opentelemetry-instrument`` may have wrapped a framework without a word in the code.  That is
    no reason not to start: it is named in the lines that are returned.
    """
    notes = []
    for one in walk(app):
        for thing in (one, *_planned(one)):
            for other in OTHERS:
                if other.modules and _is_of(other.modules, thing):
                    reason = f"{other.name} stands inside: each request would have two spans"
                    problems.add(
                        "app", name_of(thing), reason, "take it out, or leave this one out"
                    )
        if peek(one, "_is_instrumented_by_opentelemetry") is True:
            notes.append(
                f"{name_of(one)} is instrumented by OpenTelemetry: each request has two spans; see "
                "docs/tracing.md, Beside another tracer"
            )
    return tuple(notes)


def _made_by(scope: str, span: Any, kind: object) -> bool:
    """Whether *span* is of a tracer whose name begins with *scope*, and its request is not over.

    A span that a server left behind in the context has ended.
    """
    name = peek(peek(span, "instrumentation_scope"), "name")
    return (
        isinstance(name, str)
        and name.startswith(scope)
        and peek(span, "kind") is kind
        and span.is_recording()
    )


def _planned(app: object) -> Iterator[object]:
    for name in _LISTS:
        given = peek(app, name)
        if callable(given):
            continue  # Starlette's decorator has this name
        try:
            entries = list(given or ())
        except Exception:  # noqa: BLE001, S112  # somebody else's object
            continue
        for entry in entries:
            yield next(filter(None, (peek(entry, key) for key in ("cls", "middleware"))), entry)


def _is_of(modules: tuple[str, ...], thing: object) -> bool:
    kind = thing if isinstance(thing, type) else type(thing)
    return any(f"{one.__module__}.".startswith(modules) for one in kind.__mro__)

"""Keep what one request bound to its context out of the log lines and spans of the next."""

from __future__ import annotations

from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.awaiting import awaited
from asgi_mw.context import are_fields_made, attached, current

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from contextvars import Context, Token

    from asgi_mw.types import Message, Receive, Send


class Visit:
    """One request: the context that it began in, and what distinguishes that from copies of it.

    Attributes:
        began: What was bound there; ``None`` if nobody ever bound anything.
        within: The trace of the request that this one is made within on purpose.
        token: The token of its first trace; ``None`` once it is over.
    """

    __slots__ = ("began", "token", "within")

    def __init__(self, began: Context | None, within: _Trace | None) -> None:
        self.began = began
        self.within = within
        self.token: Token[_Trace | None] | None = None


# What a request leaves in its context, and so in every copy of it: itself, and what was bound
_Trace: TypeAlias = "tuple[Visit, Context | None]"
_trace: ContextVar[_Trace | None] = ContextVar("trace_of_asgi_mw", default=None)


def arrive() -> Visit:
    """Begin a request without what an earlier one left in the context.

    uvicorn starts the next request of a connection in a copy of the context in which it was told
    to go on reading, or in which the last response was sent: inside the call of another request,
    which may not have ended yet.  So each call of ``receive``, and each ``send`` that no more
    follows, leaves a trace of what is bound at that moment.  The next request that finds the trace
    takes back what is still bound as it was then: fields bound with structlog, the context of
    OpenTelemetry, our own variable.  What somebody outside of us bound since then is another
    object, and stays.  What was bound before the earlier request began stays, too.
    """
    found = within = _trace.get()
    if found is not None:
        earlier, bound = found
        if earlier.token is None or not _is_within(found, earlier.token):
            within = None
            if current.get() is not None:
                current.set(None)
            if bound is not None:
                _take_back(earlier, bound)
    began = None
    if are_fields_made():
        _trace.set(None)  # else each copy would hold those of all requests before
        began = copy_context()
    visit = Visit(began, within)
    visit.token = _trace.set((visit, None))
    return visit


@awaited("receive_traced", "send_traced")
def watched(visit: Visit, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """*receive* and *send*, each leaving a trace where a server may copy the context."""

    def receive_traced() -> Awaitable[Message]:
        leave(visit)
        return receive()

    def send_traced(message: Message) -> Awaitable[None]:
        if not message.get("more_body") and message.get("type") != "http.response.start":
            leave(visit)
        return send(message)

    return receive_traced, send_traced


def depart(visit: Visit, error: BaseException | None) -> None:
    """End a request that *error* left; the garbage collector may do so in another's context."""
    visit.token = None  # it holds the context, and so would keep itself alive
    if not isinstance(error, GeneratorExit):
        if visit.within is None:
            leave(visit)
        else:
            _trace.set(visit.within)


def leave(visit: Visit) -> None:
    """Leave a trace of what is bound now."""
    # Only if there may be something to find or to miss: mostly nobody bound anything
    if attached() or are_fields_made():
        _trace.set((visit, None))  # else each snapshot would hold the one before
        _trace.set((visit, copy_context()))


def _is_within(trace: _Trace, token: Token[_Trace | None]) -> bool:
    """Whether this is the very context in which the request of *trace* got *token*, and no copy."""
    try:
        _trace.reset(token)
    except ValueError:
        return False
    trace[0].token = _trace.set(trace)
    return True


def _take_back(visit: Visit, bound: Context) -> None:
    """Undo what the request of *visit* bound, as far as it is still bound here."""
    for variable, value in bound.items():
        if variable.get(None) is value:
            clean = _clean(variable, value, visit.began)
            if clean is not value:
                variable.set(clean)


def _clean(variable: ContextVar[Any], value: object, before: Context | None) -> object:
    """What *variable* would hold without the request that began in *before*.

    A variable that is not of structlog or OpenTelemetry keeps its *value*.  Each tracer outside of
    us would have set a context of its own; a field may be bound once for the whole process.
    """
    name = variable.name
    if name.startswith("structlog_"):
        # ``Ellipsis`` is what structlog holds for no value
        return Ellipsis if before is None else before.get(variable, Ellipsis)
    kind = value.__class__
    if name == "current_context" and kind.__module__.startswith("opentelemetry."):
        return kind()
    return value

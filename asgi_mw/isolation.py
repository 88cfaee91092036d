"""Keep what one request bound to its context out of the log lines and spans of the next."""

from __future__ import annotations

import sys
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.awaiting import awaited
from asgi_mw.context import are_fields_bound

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from contextvars import Context, Token

    from asgi_mw.types import Message, Receive, Send


class Visit:
    """One request: the context that it began in, and what tells its own from copies of it."""

    __slots__ = ("began", "over", "token")

    def __init__(self, began: Context) -> None:
        self.began = began
        self.over = False
        self.token: Token[_Trace | None] | None = None


# What a request leaves in its context, and so in every copy of it: itself, and what was bound
_Trace: TypeAlias = "tuple[Visit, Context]"
_trace: ContextVar[_Trace | None] = ContextVar("trace_of_asgi_mw", default=None)


def arrive() -> Visit:
    """Begin a request without what an earlier one left in the context.

    uvicorn starts the next request of a connection in a copy of the context in which it was told
    to go on reading, or in which the last response was sent: within the call of another request,
    which need not have ended.  So each call of ``receive``, and each ``send`` but those that more
    follows, leaves a trace of what is bound at that moment, and the next request that finds it
    takes back what is still as it was there: fields bound with structlog, the context of
    OpenTelemetry, our own.  What somebody outside of us bound since is another object and stays,
    and so does what was bound before the earlier request began.
    """
    found = _trace.get()
    if found is not None:
        _take_back(found)
        _trace.set(None)  # a snapshot that held the one before would be a chain without end
    return Visit(copy_context())


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
    """End a request that *error* left: by the garbage collector, perhaps in another's context."""
    visit.over = True
    if not isinstance(error, GeneratorExit):
        leave(visit)


def leave(visit: Visit) -> None:
    """Leave a trace of what is bound now."""
    if _is_anything_bound():
        _trace.set(None)
        visit.token = _trace.set((visit, copy_context()))


def _is_anything_bound() -> bool:
    """Whether there is something in the context that a request could find: mostly there is not."""
    module = sys.modules.get("opentelemetry.context")
    return bool(module and module.get_current()) or are_fields_bound()


def _take_back(trace: _Trace) -> None:
    """Undo what the request of *trace* bound, unless this one is made within it on purpose."""
    visit, bound = trace
    if not visit.over and visit.token is not None:
        try:
            # Only in the very context where it was set: no server copied that one
            _trace.reset(visit.token)
        except ValueError:
            pass
        else:
            visit.token = _trace.set(trace)
            return
    for variable, value in bound.items():
        if variable.get(None) is value:
            clean = _clean(variable, value, visit.began)
            if clean is not value:
                variable.set(clean)


def _clean(variable: ContextVar[Any], value: object, before: Context) -> object:
    """What *variable* holds without the request that began in *before*; others keep their *value*.

    Each tracer outside of us would have set a context of its own, and we our own; a field may be
    bound once for the whole process.
    """
    name = variable.name
    if name.startswith("structlog_"):
        return before.get(variable, Ellipsis)  # which is what structlog holds for nothing
    if name.startswith("asgi_mw_"):
        return None
    kind = value.__class__
    if name == "current_context" and kind.__module__.startswith("opentelemetry."):
        return kind()
    return value

"""Context variables: ours, put back as they were found; those of structlog and OpenTelemetry."""

from __future__ import annotations

import sys
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token


# The connection that is being served, for what a handler may ask
current: ContextVar[Any] = ContextVar("asgi_mw_connection", default=None)
# Whether a layer of ours refused the WebSocket that is served here; never reset: its task ends
refused: ContextVar[bool] = ContextVar("asgi_mw_refused", default=False)


def reset(variable: ContextVar[Any], token: Token[Any]) -> None:
    """Undo the ``set`` that *token* came from.

    A call that nobody awaits any more is closed by the garbage collector, in a context of its
    own, where nothing was set.
    """
    try:
        variable.reset(token)
    except ValueError:
        return


_ask: Callable[[], Any] | None = None


def attached() -> Any:
    """The context that OpenTelemetry holds here; ``None`` until its import is complete."""
    global _ask  # noqa: PLW0603  # found once: to look for it takes longer than to ask
    if _ask is None:
        module = sys.modules.get("opentelemetry.context")
        if module is None or not hasattr(module, "detach"):  # the last name that it defines
            return None
        _ask = _reader(module)
    return _ask()


def _reader(module: Any) -> Callable[[], Any]:
    """The function that gives the current context: ``get`` of the variable, if one holds it.

    OpenTelemetry's own functions take ten times as long, and each request asks several times.
    """
    marker = module.Context()
    token = module.attach(marker)
    try:
        held = [one for one, value in copy_context().items() if value is marker]
    finally:
        module.detach(token)
    for variable in held:
        with suppress(LookupError):  # without a default it would raise where nothing is attached
            Context().run(variable.get)
            return variable.get
    get_current: Callable[[], Any] = module.get_current
    return get_current


_made: dict[str, ContextVar[Any]] | None = None


def are_fields_made() -> bool:
    """Whether anything was ever bound with ``structlog.contextvars``, anywhere in this process."""
    global _made  # noqa: PLW0603  # found once, as above
    if _made is None:
        module = sys.modules.get("structlog.contextvars")
        if module is None:
            return False
        # All variables that it ever made, by name; without it, nobody can tell
        _made = getattr(module, "_CONTEXT_VARS", None)
        if _made is None:
            return True
    return bool(_made)


def are_fields_bound() -> bool:
    """Whether a field is bound here with ``structlog.contextvars``; true if nobody can tell.

    >>> are_fields_bound()
    False
    """
    if not are_fields_made():
        return False
    # A copy, since another thread may bind the next one meanwhile
    return _made is None or any(one.get() is not Ellipsis for one in _made.copy().values())

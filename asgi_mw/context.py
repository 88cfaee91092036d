"""Context variables: ours, put back as they were found; those of structlog and OpenTelemetry."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token


# The connection that is being served, for what a handler may ask
current: ContextVar[Any] = ContextVar("asgi_mw_connection", default=None)


_ask: Callable[[], Any] | None = None


def reset(variable: ContextVar[Any], token: Token[Any]) -> None:
    """Undo the ``set`` that *token* came from.

    A call that nobody awaits any more is closed by the garbage collector, in a context of its
    own, where nothing was set.
    """
    try:
        variable.reset(token)
    except ValueError:
        return


def attached() -> Any:
    """The context that OpenTelemetry holds here; ``None`` until it is imported to its end."""
    global _ask  # noqa: PLW0603  # found once: to look for it takes longer than to ask
    if _ask is None:
        module = sys.modules.get("opentelemetry.context")
        _ask = None if module is None else getattr(module, "get_current", None)
        if _ask is None:
            return None
    return _ask()


def are_fields_made() -> bool:
    """Whether anything was ever bound with ``structlog.contextvars``, anywhere in this process."""
    module = sys.modules.get("structlog.contextvars")
    # All variables that it ever made, by name
    return module is not None and bool(getattr(module, "_CONTEXT_VARS", True))


def are_fields_bound() -> bool:
    """Whether a field is bound here with ``structlog.contextvars``; true if nobody can tell.

    >>> are_fields_bound()
    False
    """
    if not are_fields_made():
        return False
    made = getattr(sys.modules["structlog.contextvars"], "_CONTEXT_VARS", None)
    # A copy, for another thread may bind the next one meanwhile
    return made is None or any(one.get() is not Ellipsis for one in made.copy().values())

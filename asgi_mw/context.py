"""Leave a context variable as it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextvars import ContextVar, Token


def reset(variable: ContextVar[Any], token: Token[Any]) -> None:
    """Undo the ``set`` that *token* came from.

    A call that nobody awaits any more is closed by the garbage collector, in a context of its
    own, where nothing was set.
    """
    try:
        variable.reset(token)
    except ValueError:
        return

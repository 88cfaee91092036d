"""Context variables: put back as they were found, and whether structlog has any of its own."""

from __future__ import annotations

import sys
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


_FEW = 16


def are_fields_bound() -> bool:
    """Whether ``structlog.contextvars`` holds a field here; true where that is dear to find out.

    >>> are_fields_bound()
    False
    """
    module = sys.modules.get("structlog.contextvars")
    if module is None:
        return False
    made = getattr(module, "_CONTEXT_VARS", None)  # all variables that it ever made, by name
    if not made:
        return made is None
    return len(made) > _FEW or any(one.get() is not Ellipsis for one in made.values())

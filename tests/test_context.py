"""A context variable is left as it was found."""

from __future__ import annotations

from contextvars import ContextVar, copy_context

from asgi_mw.context import reset


def test_what_was_set_is_undone() -> None:
    """In the context that it was set in."""
    variable: ContextVar[int] = ContextVar("variable", default=0)
    token = variable.set(1)
    reset(variable, token)

    assert 0 == variable.get()


def test_another_context_is_left_alone() -> None:
    """As when the garbage collector closes a call: there is nothing to undo there."""
    variable: ContextVar[int] = ContextVar("variable", default=0)
    token = copy_context().run(variable.set, 1)
    reset(variable, token)

    assert 0 == variable.get()

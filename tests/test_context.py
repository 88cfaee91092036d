"""A context variable is left as it was found; those of structlog are known."""

from __future__ import annotations

from contextvars import ContextVar, copy_context

from structlog.contextvars import bind_contextvars, clear_contextvars

from asgi_mw.context import are_fields_bound, are_fields_made, reset


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


def test_a_field_is_bound_until_it_is_cleared() -> None:
    """That somebody bound one somewhere is known for ever."""
    bind_contextvars(user="alice")
    assert are_fields_bound()
    clear_contextvars()
    assert not are_fields_bound()
    assert are_fields_made()

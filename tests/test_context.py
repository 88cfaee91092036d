"""A context variable is left as it was found; those of structlog are known."""

from __future__ import annotations

import sys
import types
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING

from opentelemetry.context import Context as Telemetry
from opentelemetry.context import attach, detach, get_current, set_value
from structlog.contextvars import bind_contextvars, clear_contextvars

from asgi_mw import context
from asgi_mw.context import are_fields_bound, are_fields_made, attached, reset

if TYPE_CHECKING:
    import pytest


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


class Lost:
    """Keeps the current context elsewhere than in a context variable, as gevent's would."""

    Context = Telemetry

    def __init__(self) -> None:
        self.held: list[Telemetry] = [Telemetry()]

    def attach(self, context: Telemetry) -> int:
        """Hold *context*."""
        self.held.append(context)
        return len(self.held)

    def detach(self, token: int) -> None:
        """Let go of it."""
        self.held.pop()

    def get_current(self) -> Telemetry:
        """What is held."""
        return self.held[-1]


def test_the_context_of_opentelemetry_is_that_which_is_attached() -> None:
    """In any context; and it is left as it was."""
    assert attached() is get_current()
    token = attach(set_value("a", 1))
    assert attached() is get_current()
    assert {"a": 1} == attached()
    detach(token)
    assert not attached()
    assert not Context().run(attached)


def test_a_context_that_is_kept_elsewhere_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry lets anybody keep it."""
    lost = Lost()
    monkeypatch.setitem(sys.modules, "opentelemetry.context", lost)
    monkeypatch.setattr(context, "_ask", None)

    assert attached() is lost.held[0]
    assert 1 == len(lost.held)


def test_before_opentelemetry_is_imported_to_its_end_nothing_is_attached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another thread may be at it."""
    half = types.ModuleType("opentelemetry.context")
    monkeypatch.setitem(sys.modules, "opentelemetry.context", half)
    monkeypatch.setattr(context, "_ask", None)

    assert attached() is None

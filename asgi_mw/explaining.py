"""Say what stands around an app: our layers and a framework's, from outside in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.calls import check_app
from asgi_mw.chains import INSTALLED, PART_OF, name_of, peek, planned, walk
from asgi_mw.errors import ConfigError, Problems
from asgi_mw.layers import Layer

if TYPE_CHECKING:
    from asgi_mw.types import AnyApp, Receive, Scope, Send


def explain(app: AnyApp) -> str:
    """List the layers of *app* from outside in, one per line: ours with options, a framework's.

    Warnings about options that are allowed but unwise follow the layer, indented: they are the
    lines in ``__notes__`` of its app.

    Raises:
        ConfigError: *app* is no ASGI app.

    >>> async def app(scope, receive, send): ...
    >>> explain(app)
    'app'
    """
    problems = Problems("explain")
    check_app(problems, app, "explain(app)")
    problems.check()
    told = described(app)
    return "\n".join(
        line for name, notes, _ in told for line in (name, *(f"  {note}" for note in notes))
    )


def described(app: AnyApp) -> list[tuple[str, tuple[str, ...], bool]]:
    """What :func:`explain` says, as data: each layer, its notes, whether they refuse it."""
    found = []
    for one in walk(app):
        if peek(one, INSTALLED) is not None:
            continue  # it comes again, inside its layers
        made_by = peek(one, "__layer__")
        ours = isinstance(made_by, Layer)
        found.append((str(made_by) if ours else name_of(one), _notes(one) if ours else (), False))
        whole = peek(one, PART_OF, one)
        when = "on each route" if peek(whole, "middleware_stack", one) is one else "once started"
        layers = [Layer(*inner) for inner in planned(one)]
        found += [(f"{inner} ({when})", *_notes_of_planned(inner)) for inner in layers]
    return found


def _notes(app: object) -> tuple[str, ...]:
    notes = peek(app, "__notes__")
    return notes if isinstance(notes, tuple) else ()


def _notes_of_planned(one: Layer) -> tuple[tuple[str, ...], bool]:
    """The notes, or the refusal, of one of our layers that its framework will make later."""
    if peek(one.factory, "__rules__") is None:
        return (), False
    try:
        return _notes(one(_nothing)), False
    except (ConfigError, TypeError) as error:
        return tuple(str(error).splitlines()), True


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for the app in a layer that is made only to read its notes."""

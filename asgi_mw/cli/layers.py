"""The layers of an exchange one by one: what each changed, and how long it took itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, plural, size
from asgi_mw.cli import excerpt
from asgi_mw.cli.output import folded, without_modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange
    from asgi_mw.passages import HeaderChanges, Passage, Traffic

LABELS = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNOPQRSTUVWXYZ"
"""What layers are called in a diagram, the outermost first."""
_HANG: Line = [(" " * 6, "")]
_PART = 10
_NARROW = 60


def fault_style(exchange: Exchange) -> str:
    """The style of what was raised: dim if it only reports a normal close."""
    return "dim" if exchange.error and not exchange.crash else "bold red"


def label(place: int) -> str:
    """What the layer at *place* is called in a diagram.

    >>> label(0), label(9), label(1000)
    ('1', 'a', '+')
    """
    return LABELS[place] if place < len(LABELS) else "+"


def layer_list(
    layers: Sequence[Passage],
    *,
    full: bool = False,
    columns: int | None = None,
    fault: str = "bold red",
) -> Iterator[Line]:
    """The lines that show each of *layers*, and what it changed.

    Args:
        layers: Outermost first.
        full: Values as long as they are.
        columns: How wide a line may be.
        fault: The style of what was raised.
    """
    for place, one in enumerate(layers):
        line: Line = [
            (f"  {label(place)}  ", "bold"),
            (one.layer, "bold" if one.visible else "dim"),
        ]
        if not one.visible:
            line.append((f"  not visible: {one.why}", "yellow"))
        elif one.entered is None:
            line.append(("  not reached", "dim"))
        elif one.own is not None:
            line.append((f"  {duration(one.own)}", ""))
        yield from folded(line, columns, _HANG)
        for part, said, style in _changes(one, full=full, fault=fault):
            yield from folded(
                without_modules([(f"     {part.ljust(_PART)}", "blue"), (said, style)], columns),
                columns,
                [(" " * (7 if columns is not None and columns < _NARROW else 7 + _PART), "")],
            )


def _changes(one: Passage, *, full: bool, fault: str) -> Iterator[tuple[str, str, str]]:
    """Each change: the part of the connection, what happened to it, and the style."""
    for key, value in one.scope.added.items():
        yield "scope", f"+ {key} = {excerpt.value(value, full=full)}", "green"
    for key, value in one.scope.removed.items():
        yield "scope", f"- {key} = {excerpt.value(value, full=full)}", "red"
    for key, (before, after) in one.scope.replaced.items():
        shown = [excerpt.value(value, full=full) for value in (before, after)]
        yield "scope", f"~ {key} = {' → '.join(shown)}", "yellow"
    for part, traffic in (("request", one.request), ("response", one.response)):
        for said, style in _traffic(traffic, full=full):
            yield part, said, style
    if one.received:
        yield "request", f"received {plural(one.received, 'message')} in the app's place", "yellow"
    if one.answered:
        yield "response", "answered in the app's place", "yellow"
    if one.fault is not None:
        names = [name for name in (one.fault.inside, one.fault.outside) if name]
        yield "error", f"✗ {one.fault.what} {' → '.join(names)}", fault


def _traffic(one: Traffic, *, full: bool) -> Iterator[tuple[str, str]]:
    yield from _headers(one.headers, full=full)
    if one.status is not None and one.status[0] is not None and one.status[0] != one.status[1]:
        yield f"~ status {one.status[0]} → {one.status[1] or 'none'}", "yellow"
    before, after = one.body
    if before != after:
        yield f"~ body {size(before)} → {size(after)}", "yellow"
    if one.messages[0] != one.messages[1]:
        yield f"~ messages {one.messages[0]:,} → {one.messages[1]:,}", "yellow"


def _headers(one: HeaderChanges, *, full: bool) -> Iterator[tuple[str, str]]:
    for name, value in excerpt.headers(one.added, full=full):
        yield f"+ {name}: {value}", "green"
    for name, value in excerpt.headers(one.removed, full=full):
        yield f"- {name}: {value}", "red"
    for header, before, after in one.replaced:
        [(name, was)] = excerpt.headers([(header, before)], full=full)
        [(_, now)] = excerpt.headers([(header, after)], full=full)
        yield f"~ {name}: {was} → {now}", "yellow"

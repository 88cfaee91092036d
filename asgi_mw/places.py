"""Find where a layer holds the app inside it, so that this app can be exchanged, and put back."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from asgi_mw.boundaries import LINKED, Tap
from asgi_mw.chains import INSTALLED, PART_OF, kept, peek, untapped, why_no_app
from asgi_mw.driver import Run
from asgi_mw.wrapped import bare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CellType

    from asgi_mw.types import App

# Names by which a layer that is a function holds the app inside it
_NAMES = ("app", "asgi_app", "application", "inner", "next_app", "asgi")
# How deep in nested functions of its own a layer may hold it
_DEEPEST = 3


class Place(Protocol):
    """One reference."""

    def get(self) -> Any:
        """What is there."""

    def put(self, value: object) -> None:
        """Put something there."""


class Attribute(NamedTuple):
    """An attribute of an object."""

    owner: Any
    name: str

    def get(self) -> Any:
        """What it is."""
        return peek(self.owner, self.name)

    def put(self, value: object) -> None:
        """Set it."""
        try:
            setattr(self.owner, self.name, value)
        except Exception:  # noqa: BLE001  # a class that refuses what it does not know
            object.__setattr__(self.owner, self.name, value)


class Cell(NamedTuple):
    """A free variable of a function, in its closure."""

    cell: CellType

    def get(self) -> Any:
        """What it is; ``None`` if it was not set yet."""
        with suppress(ValueError):
            return self.cell.cell_contents
        return None

    def put(self, value: object) -> None:
        """Set it."""
        self.cell.cell_contents = value


class Variable(NamedTuple):
    """A global variable of a driver; each driver has globals of its own."""

    names: dict[str, Any]
    name: str

    def get(self) -> Any:
        """What it is."""
        return self.names.get(self.name)

    def put(self, value: object) -> None:
        """Set it."""
        self.names[self.name] = value


def exchange(place: Place, old: object, new: object) -> bool:
    """Put *new* where *old* is, also inside of a tap; return whether it is there now."""
    value = place.get()
    if value is old:
        place.put(new)
        return place.get() is new
    while isinstance(value, Tap):
        if value.__tapped__ is old:
            value.hand_on(new)
            return True
        value = value.__tapped__
    return False


def inside_of(outer: Any, seen: list[Any]) -> tuple[Any, tuple[Place, ...]] | None:
    """The app inside *outer*, and the places where *outer* holds it, as far as they can be found.

    ``None`` if nothing is inside, or if the way leads back to an app that was *seen*.
    """
    # A recording among the layers that were installed has not seen the object that they are in
    known = [*seen, *(peek(one, PART_OF) for one in seen)]
    for owner, name, value in kept(outer):
        inner = bare(untapped(value))[0] if callable(value) else None  # type: ignore[arg-type]  # it is one
        if inner is None or why_no_app(inner):  # as the WSGI app in an adapter
            continue
        back = peek(inner, "__self__", inner)
        if any(back is one for one in known):
            # The bound method of an object that was seen leads back to that object
            return None
        if name in {"__wrapped__", INSTALLED}:
            return _held(outer, inner)
        return inner, (Attribute(owner, name),)
    for name, place in _cells(outer):
        value = untapped(place.get())
        if name in _NAMES and callable(value) and not why_no_app(value):
            inner = bare(value)[0]
            # A function may know the object that it serves, as the one in an installed app does
            if all(inner is not one for one in known):
                return inner, (place,)
    return None


def of_run(driven: App) -> tuple[Place, ...]:
    """Where *driven*, which serves several layers, holds the app inside the last of them."""
    return _held(driven, peek(driven, "__run__").app)[1]


def _held(outer: Any, inner: Any) -> tuple[Any, tuple[Place, ...]]:
    """*inner*, or what serves in its place, and every place where *outer* holds it."""
    found: list[Place] = []
    seen: set[int] = set()
    mark = peek(inner, "__layer__")
    there = inner

    def look(thing: Any, depth: int) -> None:
        nonlocal there
        if id(thing) in seen:
            return
        seen.add(id(thing))
        for place in _places_in(thing):
            value = place.get()
            within: Any = untapped(value)
            within = bare(within)[0] if callable(within) else None
            # Another recording may have put the same layer there, with a driver of its own
            if within is inner or (mark is not None and peek(within, "__layer__") is mark):
                there = within
                found.append(place)
            elif isinstance(value, FunctionType) and depth < _DEEPEST:
                look(value, depth + 1)

    look(outer, 0)
    return there, tuple(found)


def _places_in(thing: Any) -> Iterator[Place]:
    yield from (place for _, place in _cells(thing))
    if isinstance(thing, FunctionType):
        if isinstance(vars(thing).get("__run__"), Run):
            yield from (Variable(thing.__globals__, name) for name in ("app", "lifespan"))
        if (chain := vars(thing).get(LINKED)) is not None:
            yield Attribute(chain, "head")
        return
    names = peek(thing, "__dict__", {})
    yield from (Attribute(thing, name) for name in [*names] if not name.startswith("__"))
    called = peek(type(thing), "__call__")
    yield from (place for _, place in _cells(called))
    # An attribute in ``__slots__`` is not in ``__dict__``
    slots = [name for name in ("app", "asgi_app", "application") if name not in names]
    yield from (Attribute(thing, name) for name in slots if peek(thing, name) is not None)


def _cells(thing: Any) -> list[tuple[str, Place]]:
    if isinstance(thing, partial):
        thing = thing.func
    if not isinstance(thing, FunctionType):
        return []
    closure = thing.__closure__ or ()
    return [
        (name, Cell(cell)) for name, cell in zip(thing.__code__.co_freevars, closure, strict=True)
    ]


def is_shell(app: Any) -> bool:
    """Whether *app* is ours, and only leads from a framework's object to its layers, or back."""
    if peek(app, PART_OF) is not None and isinstance(app, FunctionType):
        return peek(app, "__wrapped__") is not None
    return INSTALLED in vars(type(app))

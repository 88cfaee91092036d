"""Put taps between the layers of an app, ours and a framework's, and take them out again."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from asgi_mw.boundaries import Tap
from asgi_mw.chains import name_of, peek, untapped
from asgi_mw.driver import Run, alone
from asgi_mw.layers import Layer
from asgi_mw.ledger import Node
from asgi_mw.places import Attribute, exchange, inside_of, is_shell
from asgi_mw.unseen import unseen
from asgi_mw.wrapped import bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.boundaries import Watch
    from asgi_mw.places import Place
    from asgi_mw.types import App

_DEEPEST = 100
_HELD = "where it holds the app inside it could not be found"
_OUTSIDE = "the layer outside holds it where it could not be found"
_KEPT = "it gave back another app than the one that was put into it"


class Chain:
    """The layers of an app, with taps between them while they are linked.

    Attributes:
        watch: Who looks through the taps.
        head: The outermost of them.
        nodes: All of them, outermost first; empty before they are linked.
    """

    def __init__(self, app: App, watch: Watch) -> None:
        self.watch = watch
        self._lock = Lock()
        self._undo: list[tuple[Sequence[Place], object, object]] = []
        self._linked = False
        self.head: App = bare(app)[0]
        self.nodes: tuple[Node, ...] = ()

    def link(self) -> None:
        """Put the taps in, unless they are; what cannot be reached is noted as not visible."""
        if self._linked:
            return
        with self._lock:
            if self._linked:
                return
            try:
                self.nodes = tuple(self._nodes())
            except Exception as fault:  # noqa: BLE001  # a fault in recording never reaches the app
                self.watch.faults.note("link", fault)
                self._restore()
            self._linked = True

    def restore(self) -> None:
        """Take the taps out: what was there before is there again."""
        with self._lock:
            self._restore()
            self._linked = False

    def _restore(self) -> None:
        while self._undo:
            places, old, new = self._undo.pop()
            for place in places:
                try:
                    # Somebody else may have changed what is inside of a tap meanwhile
                    exchange(place, new, new.__tapped__ if isinstance(new, Tap) else old)
                except Exception as fault:  # noqa: BLE001  # the same
                    self.watch.faults.note("restore", fault)

    def _nodes(self) -> list[Node]:
        found: list[Node] = []
        seen: list[Any] = []
        app: Any = untapped(self.head)
        places: tuple[Place, ...] = (Attribute(self, "head"),)
        outer: int | None = 0
        number = fused = 0
        while len(seen) < _DEEPEST:
            seen.append(app)
            self._build(app)
            inside = inside_of(app, seen)
            if inside is None:
                break
            inner, held = inside
            run = peek(app, "__run__")
            if isinstance(run, Run) and len(run.parts) > 1 and not fused:
                if places:
                    app = self._split(app, inner, places)
                    held = (*inside_of(app, seen)[1],)  # type: ignore[index]  # the same inside
                else:
                    fused = len(run.parts)
            if fused:
                fused -= 1
                held = held if fused == 0 else ()
            if is_shell(app):
                places = held
                app = inner
                continue
            now, why = None, "" if outer is not None else _OUTSIDE
            if held:
                number += 1
                now, why = (number, why) if self._tap(held, number) else (None, _KEPT)
            else:
                why = _HELD
            found.append(Node(name_of_layer(app), shown(app), outer, now, why))
            outer, places, app = now, held, inner
        return [*found, *(Node(name, layer, None, None, why) for name, layer, why in unseen(seen))]

    def _build(self, app: Any) -> None:
        """Have a framework that does so at its first call build its chain now."""
        if peek(app, "middleware_stack", app) is None and callable(
            build := peek(app, "build_middleware_stack")
        ):
            app.middleware_stack = build()

    def _split(self, driven: App, inner: App, places: Sequence[Place]) -> App:
        """One driver that serves several layers as several that serve one each: *driven*'s part."""
        made = alone(driven, inner)
        for place in places:
            exchange(place, driven, made)
        self._undo.append((places, driven, made))
        return made

    def _tap(self, places: Sequence[Place], number: int) -> bool:
        """Put a tap into each of these; whether all of them took it."""
        for place in places:
            value = place.get()
            tap = Tap(self.watch, number, value)
            place.put(tap)
            if place.get() is not tap:
                place.put(value)
                return False
            self._undo.append(([place], value, tap))
        return True


def name_of_layer(app: object) -> str:
    """What to call a layer: the factory of ours, the class of a framework's."""
    made_by = peek(app, "__layer__")
    return name_of(made_by.factory) if isinstance(made_by, Layer) else name_of(app)


def shown(app: object) -> str:
    """A layer with its options, as :func:`~asgi_mw.explain` shows it, and who dispatches in it."""
    made_by = peek(app, "__layer__")
    if isinstance(made_by, Layer):
        return str(made_by)
    name = name_of(app)
    dispatch = peek(app, "dispatch_func")
    called = name_of(dispatch) if callable(dispatch) else "dispatch"
    return name if called == "dispatch" else f"{name}(dispatch={called})"

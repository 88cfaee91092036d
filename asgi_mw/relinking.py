"""Put taps between the layers of an app, ours and a framework's, and take them out again."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from asgi_mw.boundaries import Tap
from asgi_mw.chains import name_of, peek, untapped
from asgi_mw.driver import Run, alone
from asgi_mw.layers import Layer
from asgi_mw.ledger import HELD, OUTSIDE, Node
from asgi_mw.places import Attribute, exchange, inside_of, is_shell, of_run
from asgi_mw.unseen import unseen
from asgi_mw.wrapped import Wrapped, bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.boundaries import Watch
    from asgi_mw.places import Place
    from asgi_mw.types import App

_DEEPEST = 100
_KEPT = "it gave back another app than the one that was put into it"


class Chain:
    """The layers of an app, with taps between them while they are linked.

    Attributes:
        watch: Looks through the taps.
        head: The outermost layer.
        nodes: All of them, outermost first; empty before they are linked.
    """

    def __init__(self, app: App, watch: Watch) -> None:
        self.watch = watch
        self._lock = Lock()
        self._undo: list[tuple[Place, object, object]] = []
        self._linked = False
        self.head: App = bare(app)[0]
        self.nodes: tuple[Node, ...] = ()

    def link(self) -> None:
        """Put the taps in, unless they are in; a layer out of reach is noted as not visible."""
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

    def _restore(self, until: int = 0) -> None:
        while len(self._undo) > until:
            place, old, new = self._undo.pop()
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
        innermost: tuple[Place, ...] = ()
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
                split = self._split(app, inner, places)
                if split is None:
                    fused, innermost = len(run.parts), of_run(app)
                else:
                    app = split
                    held = (*inside_of(app, seen)[1],)  # type: ignore[index]  # the same inside
            if fused:
                fused -= 1
                held = innermost if fused == 0 else ()
            if is_shell(app):
                places = held
                app = inner
                continue
            now, why = None, "" if outer is not None else OUTSIDE
            if held:
                number += 1
                now, why = (number, why) if self._tap(held, number) else (None, _KEPT)
            else:
                why = HELD
            found.append(Node(name_of_layer(app), shown(app), outer, now, why))
            outer, places, app = now, held, inner
        return [*found, *(Node(name, layer, None, None, why) for name, layer, why in unseen(seen))]

    def _build(self, app: Any) -> None:
        """Build the chain of a framework now, if it would build it at its first call."""
        if peek(app, "middleware_stack", app) is None and callable(
            build := peek(app, "build_middleware_stack")
        ):
            app.middleware_stack = build()

    def _split(self, driven: App, inner: App, places: Sequence[Place]) -> App | None:
        """Split *driven*, which serves several layers: put its outermost alone in its place.

        ``None`` if that cannot be put where *driven* is.
        """
        made = alone(driven, inner)
        begun = len(self._undo)
        for place in places:
            was: Any = untapped(place.get())
            if bare(was)[0] is made:
                continue  # a property gives what another of the places holds
            # A framework holds the layers that were put into it as one ``Wrapped``
            now = Wrapped(made, bare(was)[1]) if isinstance(was, Wrapped) else made
            if not self._exchange(place, was, now):
                self._restore(begun)
                return None
        return made if places else None

    def _tap(self, places: Sequence[Place], number: int) -> bool:
        """Put a tap into each of *places*; return whether all of them took it."""
        begun = len(self._undo)
        made: list[Tap] = []
        for place in places:
            value = place.get()
            if any(value is one for one in made):
                continue  # the same
            made.append(Tap(self.watch, number, value))
            if not self._exchange(place, value, made[-1]):
                self._restore(begun)
                return False
        return True

    def _exchange(self, place: Place, old: object, new: object) -> bool:
        """Put *new* where *old* is, until all is restored; return whether it was taken."""
        before = place.get()
        taken = False
        with suppress(Exception):  # a class may refuse it
            taken = exchange(place, old, new)
        if taken:
            self._undo.append((place, old, new))
        elif place.get() is not before:
            place.put(before)
        return taken


def name_of_layer(app: object) -> str:
    """What to call a layer: the factory of ours, the class of a framework's."""
    made_by = peek(app, "__layer__")
    return name_of(made_by.factory) if isinstance(made_by, Layer) else name_of(app)


def shown(app: object) -> str:
    """A layer with its options, as ``explain`` shows it, and with its function that dispatches."""
    made_by = peek(app, "__layer__")
    if isinstance(made_by, Layer):
        return str(made_by)
    name = name_of(app)
    dispatch = peek(app, "dispatch_func")
    called = name_of(dispatch) if callable(dispatch) else "dispatch"
    return name if called == "dispatch" else f"{name}(dispatch={called})"

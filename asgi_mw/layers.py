"""Put layers round an app, outermost first; explain them; refuse orders that cannot be right.

The rules about order are data on each factory (:func:`middleware`), so that this room knows no
layer by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from reprlib import Repr
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, cast

from asgi_mw.chains import INSTALLED, PART_OF, name_of, peek, planned, walk, why_no_app
from asgi_mw.errors import ConfigError, Problems
from asgi_mw.types import App
from asgi_mw.wrapped import Wrapped, bare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.types import Receive, Scope, Send

Factory: TypeAlias = Callable[..., App]
F = TypeVar("F", bound=Factory)
_NOTHING: Mapping[str, str] = {}
_MOST_SHOWN = 1_000
_SHORT = Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = 8
_SHORT.maxstring = _SHORT.maxother = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What a layer asks of the order in a stack.

    Attributes:
        kind: Two layers of one kind are the same layer twice.
        not_inside: Kinds that must not stand outside this one, each with the reason.
        not_outside: Kinds that must not stand inside this one, each with the reason.
        innermost: Why nothing may stand inside this one; empty if anything may.
    """

    kind: str | Factory
    not_inside: Mapping[str, str] = field(default_factory=dict)
    not_outside: Mapping[str, str] = field(default_factory=dict)
    innermost: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A factory with its options: call it with an app to wrap that app.

    >>> from asgi_mw import timing
    >>> print(layer(timing, metric="web"))
    timing(metric='web')
    """

    factory: Factory
    options: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, app: App) -> App:
        """Wrap *app*."""
        return self.factory(app, **self.options)

    def __str__(self) -> str:
        """Show the layer as it would be written."""
        options = ", ".join(f"{name}={_shown(value)}" for name, value in self.options.items())
        return f"{name_of(self.factory)}({options})"


class Between(Protocol):
    """Looks between layers: called for each gap with the app inside it and what that app is."""

    def __call__(self, app: App, name: str) -> App:
        """Wrap *app*, the part of the stack that begins with the layer called *name*."""


def middleware(
    *,
    kind: str | None = None,
    not_inside: Mapping[str, str] = _NOTHING,
    not_outside: Mapping[str, str] = _NOTHING,
    innermost: str = "",
) -> Callable[[F], F]:
    """Mark a factory as a layer: its rules, and what its apps need to be explained.

    Each app that the factory returns gets ``__wrapped__``, the app inside it, and
    ``__layer__``, the :class:`Layer` that made it.
    """

    def mark(factory: F) -> F:
        @functools.wraps(factory)
        def marked(app: App, *args: object, **options: object) -> App:
            if reason := why_no_app(app):
                problems = Problems(name_of(factory))
                mend = f"write {name_of(factory)}(app, ...) or layer({name_of(factory)}, ...)"
                problems.add("app", app, reason, mend)
                problems.check()
            outermost, inside = bare(app)
            wrapped = factory(outermost, *args, **options)
            _mark(wrapped, app, Layer(marked, options))
            return Wrapped(wrapped, inside)

        rules = Rules(kind or factory.__name__, not_inside, not_outside, innermost)
        vars(marked)["__rules__"] = rules
        return cast("F", marked)

    return mark


def layer(factory: Factory, **options: object) -> Layer:
    """A layer to give to :func:`stack`: *factory* and its *options*, not yet round an app.

    *factory* may be any callable that takes an app, a middleware class of a framework among them.

    Raises:
        ConfigError: *factory* is not callable, or takes no option of that name.
    """
    problems = Problems("layer")
    if not callable(factory):
        problems.add("factory", factory, "is not callable", "give a middleware, as layer(timing)")
        problems.check()
    with suppress(ValueError):  # some callables written in C have no signature
        parameters = inspect.signature(factory).parameters
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            known = list(parameters)[1:]
            for name, value in options.items():
                if name not in known:
                    mend = f"it has: {', '.join(known) or 'none'}"
                    reason = f"{name_of(factory)} has no such option"
                    problems.add(name, value, reason, mend)
    problems.check()
    return Layer(factory, options)


def stack(app: App, *layers: Layer | Factory, between: Between | None = None) -> App:
    """Wrap *app* in *layers*, the outermost first.

    A bare factory counts as ``layer(factory)``.

    Args:
        app: The app in the middle.
        layers: What to put round it.
        between: Called for each app in the stack, from the middle out, with its name; what it
            returns takes that app's place.

    Raises:
        ConfigError: The same layer twice, or an order that cannot be right; it names both
            layers, the reason and the mend.

    >>> from asgi_mw import request_id, timing
    >>> async def app(scope, receive, send): ...
    >>> print(explain(stack(app, request_id, layer(timing, metric="web"))))
    request_id()
    timing(metric='web')
    app
    """
    problems = Problems("stack")
    if reason := why_no_app(app):
        problems.add("app", app, reason, "write stack(app, layer, ...)")
    given: list[Layer] = []
    for one in layers:
        if isinstance(one, Layer):
            given.append(one)
        elif isinstance(made_by := peek(one, "__layer__"), Layer):
            mend = f"write {name_of(made_by.factory)} or {made_by}"
            problems.add("layers", name_of(one), "is an app already, not a layer", mend)
        elif callable(one):
            given.append(Layer(one))
        else:
            problems.add("layers", one, "is no layer", "give a middleware or layer(middleware)")
    problems.check()
    _check_order([*given, *_layers_of(app)], problems)
    problems.check()
    _, inside = bare(app)
    if between is not None:
        app = between(app, name_of(app))
    for one in reversed(given):
        wrapped = _wrap(app, one)
        app = wrapped if between is None else between(wrapped, name_of(one.factory))
    # The attributes are those of the app that was given, not of somebody else's layer round it
    return Wrapped(bare(app)[0], inside) if given and isinstance(app, Wrapped) else app


def explain(app: App) -> str:
    """The layers of *app* from outside in, a line each: ours with their options, a framework's.

    What a layer notes about its own options, legal and yet unwise, follows it, indented: those
    are the lines in ``__notes__`` of its app.

    >>> async def app(scope, receive, send): ...
    >>> explain(app)
    'app'
    """
    told = described(app)
    return "\n".join(
        line for name, notes, _ in told for line in (name, *(f"  {note}" for note in notes))
    )


def described(app: App) -> list[tuple[str, tuple[str, ...], bool]]:
    """What :func:`explain` says, taken apart: each layer, its notes, whether they refuse it."""
    found = []
    for one in walk(app):
        if peek(one, INSTALLED) is not None:
            continue  # it comes again, as what its layers are round
        made_by = peek(one, "__layer__")
        ours = isinstance(made_by, Layer)
        found.append((str(made_by) if ours else name_of(one), _notes(one) if ours else (), False))
        whole = peek(one, PART_OF, one)
        when = "on each route" if peek(whole, "middleware_stack", one) is one else "once started"
        layers = [Layer(*inner) for inner in planned(one)]
        found += [(f"{inner} ({when})", *_notes_of_planned(inner)) for inner in layers]
    return found


def rules_of(factory: Factory) -> Rules:
    """The rules on *factory*; a factory without any is a kind of its own."""
    marked: object = factory
    while isinstance(marked, functools.partial):
        marked = marked.func
    rules = peek(marked, "__rules__")
    return rules if isinstance(rules, Rules) else Rules(factory)


def _check_order(layers: list[Layer], problems: Problems) -> None:
    names = [name_of(one.factory) for one in layers]
    rules = [rules_of(one.factory) for one in layers]
    for inner in range(len(layers)):
        for outer in range(inner):
            out, ins = rules[outer], rules[inner]
            pair = (names[outer], names[inner])
            if out.kind == ins.kind:
                reason = "the same layer stands in the stack twice"
                problems.add("layers", pair, reason, f"take one {names[inner]} out")
            if reason := ins.not_inside.get(str(out.kind), ""):
                mend = f"put {names[inner]} outside {names[outer]}"
                problems.add("layers", pair, reason, mend)
            if reason := out.not_outside.get(str(ins.kind), ""):
                mend = f"put {names[outer]} inside {names[inner]}"
                problems.add("layers", pair, reason, mend)
            if out.innermost:
                mend = f"put {names[outer]} last"
                problems.add("layers", pair, out.innermost, mend)


def _shown(value: object) -> str:
    """*value* as it would be written; ten thousand origins are not shown one by one."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else _SHORT.repr(value)


def _notes(app: object) -> tuple[str, ...]:
    notes = peek(app, "__notes__")
    return notes if isinstance(notes, tuple) else ()


def _notes_of_planned(one: Layer) -> tuple[tuple[str, ...], bool]:
    """What one of our layers will note, or refuse, once its framework makes it."""
    if peek(one.factory, "__rules__") is None:
        return (), False
    try:
        return _notes(one(_nothing)), False
    except (ConfigError, TypeError) as error:
        return tuple(str(error).splitlines()), True


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Be the app in a layer that is made to hear its notes."""


def _layers_of(app: App) -> list[Layer]:
    found: list[Layer] = []
    for one in walk(app):
        mark = peek(one, "__layer__")
        if isinstance(mark, Layer):
            found.append(mark)
        found += [Layer(*inner) for inner in planned(one) if peek(inner[0], "__rules__")]
    return found


def _wrap(app: App, one: Layer) -> App:
    """*app* in *one*; what goes wrong with somebody else's factory is said with its name."""
    problems = Problems("stack")
    try:
        wrapped = one(app)
    except TypeError as error:
        problems.add("layers", str(one), f"cannot be made ({error})", "see its options")
        raise ConfigError("stack", tuple(problems.found)) from error
    if reason := why_no_app(wrapped):
        if inspect.iscoroutine(wrapped):
            wrapped.close()
        mend = "a factory takes an app and returns an app"
        problems.add("layers", str(one), f"made {wrapped!r}, which {reason}", mend)
    problems.check()
    if peek(wrapped, "__layer__") is None:
        _mark(wrapped, app, one)
    return wrapped


def _mark(wrapped: App, app: App, made_by: Layer) -> None:
    with suppress(Exception):  # somebody else's object with slots, or with a mind of its own
        wrapped.__wrapped__ = app  # type: ignore[attr-defined]  # a function takes attributes
        wrapped.__layer__ = made_by  # type: ignore[attr-defined]  # the same

"""Put layers around an app, outermost first; explain them; refuse orders that cannot be right.

The rules about order are data on each factory (:func:`middleware`), so that this module knows no
layer by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from reprlib import Repr
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

from asgi_mw.calls import check_app, check_call, check_names, checked, is_app_alone
from asgi_mw.chains import name_of, peek, planned, walk, why_no_app
from asgi_mw.errors import ConfigError, Problems
from asgi_mw.printable import without_password
from asgi_mw.types import AnyApp
from asgi_mw.wrapped import ANNOTATIONS, Wrapped, bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asgi_mw.types import A, App

Factory: TypeAlias = Callable[..., AnyApp]
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

    def __call__(self, app: A) -> A:
        """Wrap *app*."""
        return cast("A", self.factory(app, **self.options))

    def __str__(self) -> str:
        """Show the layer as it would be written."""
        options = ", ".join(f"{name}={_shown(value)}" for name, value in self.options.items())
        return f"{name_of(self.factory)}({options})"


class Between(Protocol):
    """Looks between layers: called for each gap with the app inside the gap and its name."""

    def __call__(self, app: App, name: str) -> App:
        """Wrap *app*, the part of the stack that begins with the layer called *name*."""


def middleware(
    *,
    kind: str | None = None,
    not_inside: Mapping[str, str] = _NOTHING,
    not_outside: Mapping[str, str] = _NOTHING,
    innermost: str = "",
) -> Callable[[F], F]:
    """Mark a factory as a layer: give it its rules, and its apps what ``explain`` reads.

    Each app that the factory returns gets ``__wrapped__``, the app inside it, and
    ``__layer__``, the :class:`Layer` that made it.
    """

    def mark(factory: F) -> F:
        name = name_of(factory)

        @functools.wraps(factory)
        def marked(*args: Any, **options: Any) -> App:
            check_call(factory, args, options)
            app = args[0] if args else options.pop("app")
            problems = Problems(name)
            check_app(problems, app, f"{name}(app, ...) or layer({name}, ...)")
            problems.check()
            outermost, inside = bare(app)
            wrapped = factory(outermost, **options)
            _mark(wrapped, app, Layer(marked, options))
            wrapped.__annotations__ = ANNOTATIONS
            return Wrapped(wrapped, inside)

        rules = Rules(kind or factory.__name__, not_inside, not_outside, innermost)
        vars(marked)["__rules__"] = rules
        return cast("F", marked)

    return mark


@checked
def layer(factory: Factory, **options: object) -> Layer:
    """A layer for :func:`stack`: *factory* and its *options*, not yet applied to an app.

    *factory* can be any callable that takes an app, such as a framework's middleware class.

    Raises:
        ConfigError: *factory* is not callable, or does not take one of the options.
    """
    problems = Problems("layer")
    if not callable(factory):
        problems.add("factory", factory, "is not callable", "give a middleware, as layer(timing)")
        problems.check()
    if is_app_alone(factory):
        mend = f"put layers around it: stack({name_of(factory)}, ...)"
        problems.add("factory", factory, "is an app, and no middleware", mend)
    with suppress(ValueError):  # some callables written in C have no signature
        parameters = inspect.signature(factory).parameters
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            check_names(problems, options, list(parameters)[1:], name_of(factory))
    problems.check()
    return Layer(factory, options)


@checked
def stack(app: A, *layers: Layer | Factory, between: Between | None = None) -> A:
    """Wrap *app* in *layers*, the outermost first.

    A bare factory counts as ``layer(factory)``.

    Args:
        app: The app in the middle.
        layers: What to wrap it in.
        between: Called for each app in the stack, from the inside out, with its name; what it
            returns replaces that app.

    Raises:
        ConfigError: The same layer twice, or an order that cannot be right; it names both
            layers, the reason, and what to do.

    >>> from asgi_mw import explain, request_id, timing
    >>> async def app(scope, receive, send): ...
    >>> print(explain(stack(app, request_id, layer(timing, metric="web"))))
    request_id()
    timing(metric='web')
    app
    """
    problems = Problems("stack")
    if layers_first(problems, app, layers, "stack"):
        problems.check()
    check_app(problems, app, "stack(app, layer, ...)")
    given: list[Layer] = []
    for one in layers:
        if isinstance(one, Layer):
            given.append(one)
        elif isinstance(made_by := peek(one, "__layer__"), Layer):
            mend = f"write {name_of(made_by.factory)} or {made_by}"
            problems.add("layers", name_of(one), "is an app already, not a layer", mend)
        elif isinstance(one, (list, tuple)):
            mend = f"write stack(app, {_names(one)})"
            problems.add("layers", _names(one), "is a list: layers are given one by one", mend)
        elif not callable(one):
            problems.add("layers", one, "is no layer", "give a middleware or layer(middleware)")
        elif is_app_alone(one):
            problems.add("layers", one, "is an app and no layer", "give one app, and layers")
        else:
            given.append(Layer(one))
    problems.check()
    _check_order([*given, *layers_of(app)], problems)
    problems.check()
    _, inside = bare(app)
    whole: App = app if between is None else between(app, name_of(app))
    for one in reversed(given):
        wrapped = _wrap(whole, one)
        whole = wrapped if between is None else between(wrapped, name_of(one.factory))
    if given and isinstance(whole, Wrapped):
        # Attributes are those of the app that was given, not of somebody else's layer around it
        whole = Wrapped(bare(whole)[0], inside)
    return cast("A", whole)


def rules_of(factory: Factory) -> Rules:
    """The rules on *factory*; a factory without any is a kind of its own."""
    return _marks(factory) or Rules(factory)


def _marks(factory: object) -> Rules | None:
    """The rules that :func:`middleware` put on *factory*, also through a ``partial`` of it."""
    while isinstance(factory, functools.partial):
        factory = factory.func
    rules = peek(factory, "__rules__")
    return rules if isinstance(rules, Rules) else None


def layers_first(problems: Problems, app: object, layers: Sequence[object], call: str) -> bool:
    """Whether *app* is a layer or several; if so, note it, with the real app if *layers* has it.

    Args:
        problems: Where it is noted.
        app: What was given first.
        layers: What was given after it.
        call: The function that was called.
    """
    given = list(app) if isinstance(app, (list, tuple)) else [app]
    if not all(isinstance(one, Layer) or peek(one, "__rules__") is not None for one in given):
        return False
    apps = [one for one in layers if is_app_alone(one)]
    rest = _names([*given, *[one for one in layers if one not in apps]])
    reason = why_no_app(app)
    # Only a function has a name of its own: an object would get that of its class
    first = name_of(apps[0]) if apps and inspect.isfunction(apps[0]) else "app"
    mend = f"the app comes first: write {call}({first}, {rest})"
    problems.add("app", _names(given), reason, mend)
    return True


def _names(layers: Iterable[object]) -> str:
    return ", ".join(str(one) if isinstance(one, Layer) else name_of(one) for one in layers)


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
    """*value* as it would be written; a long one, such as ten thousand origins, is shortened."""
    text = without_password(repr(value))
    return text if len(text) <= _MOST_SHOWN else _SHORT.repr(value)


def layers_of(app: App) -> list[Layer]:
    """The layers of *app* from outside in: those on it, and ours that a framework will add."""
    found: list[Layer] = []
    for one in walk(app):
        mark = peek(one, "__layer__")
        if isinstance(mark, Layer):
            found.append(mark)
        found += [Layer(*inner) for inner in planned(one) if _marks(inner[0])]
    return found


def _wrap(app: App, one: Layer) -> App:
    """Wrap *app* in *one*; report an error of somebody else's factory with its name."""
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
    with suppress(Exception):  # somebody else's object may have slots, or refuse attributes
        wrapped.__wrapped__ = app  # type: ignore[attr-defined]  # a function takes attributes
        wrapped.__layer__ = made_by  # type: ignore[attr-defined]  # the same

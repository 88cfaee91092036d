"""How layers and stacks are called: what is wrong with a call, and what to write instead."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgi_mw.chains import name_of, peek, why_no_app
from asgi_mw.errors import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

F = TypeVar("F", bound="Callable[..., Any]")
_SHORT = 60
# Layers that somebody may look for under the name of another
_OTHERWISE = {"gzip": "compression"}
_BY_NAME = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class _NotGiven:
    def __repr__(self) -> str:
        return "(not given)"


def checked(function: F) -> F:
    """*function*, which raises a :class:`~asgi_mw.ConfigError` for a call that does not fit it.

    >>> @checked
    ... def timing(app, *, metric="app"): ...
    >>> timing("app", metrc="web")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    asgi_mw.errors.ConfigError: timing: metrc='web': there is no such option; it has: ...
    """

    @wraps(function)
    def called(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except TypeError:
            check_call(function, args, options)
            raise

    # Without it, the function takes anything, and would pass for an app
    vars(called)["__signature__"] = inspect.signature(function)
    return cast("F", called)


def check_call(
    function: Callable[..., Any], args: Sequence[object], options: Mapping[str, object]
) -> None:
    """Say what in a call does not fit *function*.

    Raises:
        ConfigError: Something does not.
    """
    name = name_of(function)
    problems = Problems(name)
    parameters = inspect.signature(function).parameters
    first = next(iter(parameters))
    several = any(one.kind is one.VAR_POSITIONAL for one in parameters.values())
    if not args and first not in options:
        given = ", ".join(f"{option}={value!r}" for option, value in options.items())
        rest = given if 0 < len(given) <= _SHORT else "..."
        mend = f"write {name}({first}, {rest})"
        if first == "app" and not several:
            mend += ", or in a stack " + (f"layer({name}, {rest})" if options else name)
        problems.add(first, _NotGiven(), "is missing", mend)
    if len(args) > 1 and not several:
        mend = f"write {name}({first}, {next(iter(_named(function)[1:]), 'name')}=...)"
        problems.add("options", [*args[1:]], "options are given by name", mend)
    if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        others = {option: value for option, value in options.items() if option != first}
        check_names(problems, others, _named(function)[1:], name)
    problems.check()


def check_names(
    problems: Problems, options: Mapping[str, object], known: Iterable[str], of: str
) -> None:
    """Note each of the *options* that is not among the *known*, with the nearest of these."""
    known = list(known)
    for option, value in options.items():
        if option not in known:
            near = get_close_matches(_OTHERWISE.get(option, option), known, n=1, cutoff=0.7)
            mend = f"it has: {', '.join(known) or 'none'}"
            if near:
                mend += f"; is it {near[0]}?"
            # An error of that call names it already; ``install`` passes on those of ``production``
            reason = "there is" if of == problems.where else f"{of} has"
            problems.add(option, value, f"{reason} no such option", mend)


def check_app(problems: Problems, app: object, usual: str) -> None:
    """Note if *app* is no ASGI app, and what to write instead.

    Args:
        problems: Where it is noted.
        app: What was given.
        usual: How the call is written, as ``"stack(app, ...)"``.
    """
    reason = why_no_app(app)
    if not reason:
        return
    problems.add("app", app, reason, mend_of(app, f"write {usual}"))


def mend_of(app: object, usual: str) -> str:
    """What to give in place of *app*, which is no ASGI app, as far as it can be known.

    >>> mend_of("main:app", "write stack(app, ...)")
    'give the app itself, not its name'
    """
    if isinstance(app, str):
        return "give the app itself, not its name"
    if isinstance(app, (list, tuple)):
        return f"the app comes first, and layers one by one: {usual}"
    if inspect.isclass(app) or (peek(app, "__rules__") is None and _takes(app, 0)):
        return f"if that makes the app, call it: {name_of(app)}()".replace("<lambda>", "make")
    if callable(app) and peek(app, "__rules__") is None and _takes(app, 2):
        return "if it is a WSGI app, adapt it: a2wsgi.WSGIMiddleware(app)"
    return usual


def is_app_alone(thing: object) -> bool:
    """Whether *thing* is an app, and nothing that could be called with an app to wrap it.

    >>> async def app(scope, receive, send): ...
    >>> is_app_alone(app), is_app_alone(lambda app: app)
    (True, False)
    """
    return (
        not why_no_app(thing) and not inspect.isclass(thing) and not _takes(thing, 1, unknown=True)
    )


def _takes(thing: Any, count: int, *, unknown: bool = False) -> bool:
    try:
        inspect.signature(thing, follow_wrapped=False).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # written in C, without a signature
        return unknown
    return True


def _named(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind in _BY_NAME]

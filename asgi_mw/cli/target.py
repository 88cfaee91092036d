"""Import the user's app by its name, and say what to do where that fails."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from asgi_mw.errors import AsgiMwError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from asgi_mw.types import App

_USUAL = ("app", "application", "api", "asgi")
# What Django calls the modules in which its app is called application
_GATEWAYS = ("asgi", "wsgi")


class TargetError(AsgiMwError):
    """The name of an app leads to no app; the message says where it fails and what to write."""


def load(target: str, *, factory: bool = False) -> App:
    """Import the app called *target* and return it as an ASGI 3 app.

    An app is known by how many arguments it takes: ``(scope, receive, send)`` is ASGI 3,
    ``(scope)`` ASGI 2, ``(environ, start_response)`` WSGI; the last two are adapted by asgiref.

    Args:
        target: As ``"module:app"``; the app may be an attribute of an attribute.
        factory: *target* is a function that returns the app.

    Raises:
        TargetError: There is no app.

    >>> load("asgi_mw.errors:Problem.nonsense")
    Traceback (most recent call last):
    asgi_mw.cli.target.TargetError: the module 'asgi_mw.errors' has no 'Problem.nonsense'
    """
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise TargetError(f"{target!r} names no app; write it as module:app, {_as_module(target)}")
    module = _imported(module_name)
    found: Any = module
    for name in attribute.split("."):
        if not hasattr(found, name):
            hint = _near(name, found)
            raise TargetError(f"the module {module_name!r} has no {attribute!r}{hint}")
        found = getattr(found, name)
    if factory:
        found = _made(target, found)
    return _single_callable(target, found, factory=factory)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            hint = _near_module(name, error.name)
            raise TargetError(
                f"there is no module {error.name!r} in {sys.path[0]}{hint}"
                f"{'' if hint.endswith('?') else ';'} --app-dir says where else to look"
            ) from None
        raise TargetError(_failed(f"importing {name!r}", error)) from None
    except Exception as error:  # noqa: BLE001  # the user's module may raise anything
        raise TargetError(_failed(f"importing {name!r}", error)) from None


def _made(target: str, factory: Any) -> Any:
    if not callable(factory):
        raise TargetError(
            f"{target!r} is {_what(factory)}, and no function that makes an app; "
            "leave out --factory"
        )
    try:
        return factory()
    except Exception as error:  # noqa: BLE001  # the user's function may raise anything
        raise TargetError(_failed(f"calling {target!r}", error)) from None


def _single_callable(target: str, app: Any, *, factory: bool) -> App:
    if not callable(app):
        made = "returned" if factory else "is"
        raise TargetError(f"{target!r} {made} {_what(app)}, which cannot be called: it is no app")
    called = app if inspect.isroutine(app) or inspect.isclass(app) else app.__call__
    if _takes(called, 3):
        return cast("App", app)
    if _takes(called, 1):
        from asgiref.compatibility import double_to_single_callable  # noqa: PLC0415  # rarely needed

        return cast("App", double_to_single_callable(app))  # type: ignore[no-untyped-call]  # asgiref has no types here
    if _takes(called, 2):
        from asgiref.wsgi import WsgiToAsgi  # noqa: PLC0415  # rarely needed

        return cast("App", WsgiToAsgi(app))  # type: ignore[no-untyped-call]  # the same
    hint = "" if factory or not _takes(called, 0) else "; if it makes the app, add --factory"
    raise TargetError(f"{target!r} does not take (scope, receive, send): it is no app{hint}")


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether *function* can be called with *count* arguments; true if that cannot be known."""
    try:
        inspect.signature(function).bind(*range(count))
    except ValueError:  # written in C, without a signature
        return True
    except TypeError:
        return False
    return True


def _failed(doing: str, error: BaseException) -> str:
    """What the user's code raised, with its own part of the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if not _is_ours(frame.filename)]
    where = "".join(traceback.format_list(inside))
    what = "".join(traceback.format_exception_only(error))
    return f"{doing} failed:\n{where}{what}".rstrip()


def _is_ours(filename: str) -> bool:
    return filename == __file__ or filename.startswith(("<frozen importlib", importlib.__file__))


def _what(thing: object) -> str:
    return "None" if thing is None else f"of type {type(thing).__qualname__}"


def _near(name: str, owner: object) -> str:
    names = [each for each in vars(owner) if not each.startswith("_")] if _has_vars(owner) else []
    near = get_close_matches(name, names, n=1) or [each for each in _USUAL if each in names]
    return f"; is it {near[0]!r}?" if near else ""


def _has_vars(owner: object) -> bool:
    return hasattr(owner, "__dict__")


def _near_module(name: str, missing: str) -> str:
    """A hint how to write *name*, if it is a path or if a module beside *missing* is like it."""
    if name.endswith(".py") or "/" in name:
        return f"; write it {_as_module(name)}"
    parent, _, last = missing.rpartition(".")
    folder = Path(sys.path[0] or ".", *parent.split("."))
    if not folder.is_dir():
        return ""
    names = [path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()]
    near = get_close_matches(last, names, n=1)
    right = ".".join(filter(None, [parent, *near]))
    return f"; is it {right + name.removeprefix(missing)!r}?" if near else ""


def _as_module(target: str) -> str:
    """How a path is written as a module, with the name that its app usually has."""
    module = target.partition(":")[0].removesuffix(".py").strip("./").replace("/", ".") or "main"
    name = "application" if module.rpartition(".")[2] in _GATEWAYS else "app"
    return f"as {module}:{name}"

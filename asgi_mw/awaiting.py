"""Mark functions that return an awaitable as coroutine functions, at no cost per call."""

from __future__ import annotations

from inspect import CO_COROUTINE
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")


def awaited(*names: str) -> Callable[[F], F]:
    """Mark the plain functions called *names* inside the decorated one as coroutine functions.

    ``inspect.iscoroutinefunction`` is then true for them.  ``asgiref.sync.async_to_sync``, to
    which WSGI adapters and synchronous consumers of Channels give their ``send``, warns where it
    is not.  A layer makes its ``send`` for each request, so ``inspect.markcoroutinefunction``
    would set an attribute each time, which costs about half as much as a layer.  The flag of a
    real ``async def`` says the same, and is set once, in the code object.

    Raises:
        LookupError: There is no such function.

    >>> from inspect import iscoroutinefunction
    >>> @awaited("inner")
    ... def outer(send):
    ...     def inner(message):
    ...         return send(message)
    ...     return inner
    >>> iscoroutinefunction(outer(print)), outer("{}!".format)("called")
    (True, 'called!')
    """

    def mark(outer: F) -> F:
        if _is_only_said and isinstance(outer, FunctionType):
            code, found = _flagged(outer.__code__, names)
            if missing := set(names) - found:
                raise LookupError(f"{outer.__qualname__} has no {', '.join(sorted(missing))}")
            outer.__code__ = code
        return outer

    return mark


def _flagged(code: CodeType, names: tuple[str, ...]) -> tuple[CodeType, set[str]]:
    """*code* with the flag on the functions called *names* in it, and those that were found."""
    constants: list[object] = []
    found: set[str] = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner, inside = _flagged(constant, names)
            found |= inside
            if inner.co_name in names:
                found.add(inner.co_name)
                inner = _with_flag(inner)
            constants.append(inner)
        else:
            constants.append(constant)
    return code.replace(co_consts=tuple(constants)), found


def _with_flag(code: CodeType) -> CodeType:
    return code.replace(co_flags=code.co_flags | CO_COROUTINE)


def _probe() -> bool:
    """Whether a plain function with the flag still runs as a plain one.

    CPython makes a coroutine where the bytecode says so; another interpreter may obey the flag.
    """

    def plain() -> None:
        """Return at once."""

    made = FunctionType(_with_flag(plain.__code__), {})()
    if made is not None:
        made.close()
    return made is None


_is_only_said = _probe()

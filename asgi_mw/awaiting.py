"""Let a plain function that returns an awaitable be known for one, at no cost per call."""

from __future__ import annotations

from inspect import CO_COROUTINE
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")


def awaited(*names: str) -> Callable[[F], F]:
    """Make the plain functions called *names* inside the decorated one coroutine functions.

    Who asks is ``inspect.iscoroutinefunction``: ``asgiref.sync.async_to_sync``, to which WSGI
    adapters and synchronous consumers of Channels give their ``send``, warns of any other.  A
    layer makes its ``send`` for each request, so that ``inspect.markcoroutinefunction`` would
    cost each of them an attribute, about as much as half of a layer.  The flag that a real
    ``async def`` has in its code, which is there once, says the same.

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
    """*code* with the flag on what is called *names* in it, and which of them there are."""
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
    """Whether a function with the flag still runs as it is written.

    CPython makes a coroutine where the bytecode says so; another interpreter may go by the flag.
    """

    def plain() -> None:
        """Return at once."""

    made = FunctionType(_with_flag(plain.__code__), {})()
    if made is not None:
        made.close()
    return made is None


_is_only_said = _probe()

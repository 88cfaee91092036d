"""Check the options that several layers share; what is wrong is collected, not raised."""

from __future__ import annotations

import re
from inspect import iscoroutine, iscoroutinefunction
from time import perf_counter_ns
from typing import TYPE_CHECKING

from asgi_mw.paths import path_within, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.errors import Problems
    from asgi_mw.faults import Faults
    from asgi_mw.types import Scope

# Some three centuries of nanoseconds, before or after whatever a clock counts from
_FAR = 1 << 63


def number(
    value: object, option: str, problems: Problems, *, most: float = float("inf"), least: float = 0
) -> float:
    """*value* as a finite number from *least* to *most*."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value == value and least <= value <= most and value != float("inf"):  # noqa: PLR0124  # NaN is no number
            return value
        bound = f" and at most {most:g}" if most != float("inf") else ""
        problems.add(option, value, "is out of range", f"write at least {least:g}{bound}")
    else:
        problems.add(option, value, "is no number", "write it bare, without quotes and unit")
    return least


def integer(
    value: object, option: str, problems: Problems, *, most: float = float("inf"), least: float = 0
) -> int:
    """*value* as a whole number from *least* to *most*.

    >>> from asgi_mw.errors import Problems
    >>> integer(500, "minimum_size", Problems("gzip"))
    500
    """
    checked = number(value, option, problems, most=most, least=least)
    if checked != int(checked):
        problems.add(option, value, "is no whole number", f"write {int(checked)}")
    return int(checked)


def parts(text: str) -> list[str]:
    """The list that *text* means: ``"a,b"`` or ``"a b"``, as one writes it in a variable.

    >>> parts("https://a.example, https://b.example")
    ['https://a.example', 'https://b.example']
    """
    return [one for one in re.split(r"[\s,;|]+", text) if one]


def skipper(
    skip: Callable[[Scope], bool] | Iterable[str], problems: Problems, faults: Faults
) -> Callable[[Scope], bool]:
    """A predicate from *skip*: exact paths, or a predicate on the scope.

    A path is compared as routes see it, and as the client asked for it: with ``root_path`` or
    without, under every server.  A predicate that raises skips nothing; that is counted.

    >>> from asgi_mw.errors import Problems
    >>> from asgi_mw.faults import Faults
    >>> skips = skipper(["/health"], Problems("record"), Faults("record"))
    >>> skips({"type": "http", "path": "/health"}), skips({"type": "lifespan"})
    (True, False)
    >>> skips({"type": "http", "path": "/shop/health", "root_path": "/shop"})
    True
    """
    if callable(skip):
        return guarded(skip, "skip", faults, otherwise=False)
    if isinstance(skip, (str, bytes)):
        problems.add("skip", skip, "a list of paths is meant", f"write skip=[{skip!r}]")
        return lambda _: False
    try:
        paths = frozenset(skip)
    except TypeError:
        mend = "give a list of paths or a function of the scope"
        problems.add("skip", skip, "is neither paths nor a predicate", mend)
        return lambda _: False
    for path in paths:
        if not isinstance(path, str) or not path.startswith("/"):
            problems.add("skip", path, "is no path", "write it as '/health'")
        elif "*" in path or "?" in path:
            mend = "give a function of the scope, or each path as it is"
            problems.add("skip", path, "is compared as it stands, and would never match", mend)

    if not paths:
        return lambda _: False

    def skips(scope: Scope) -> bool:
        path = scope.get("path")
        if not path or path in paths:
            return bool(path)
        within = path_within(scope)
        return within in paths or root_of(scope) + within in paths

    return skips


def steady(clock: Callable[[], int], problems: Problems, faults: Faults) -> Callable[[], int]:
    """*clock*, or one that stands still where *clock* raises or gives no number of ns.

    >>> from time import perf_counter_ns
    >>> from asgi_mw.errors import Problems
    >>> from asgi_mw.faults import Faults
    >>> steady(perf_counter_ns, Problems("timing"), Faults("timing")) is perf_counter_ns
    True
    """
    if clock is perf_counter_ns:
        return clock
    if not callable(clock):
        problems.add("clock", clock, "is not callable", "give a function that returns ns")
    elif iscoroutinefunction(clock):
        problems.add("clock", clock, "is async", "give a plain function that returns ns")
    last = 0

    def read() -> int:
        nonlocal last
        try:
            seen = clock()
            if not -_FAR < seen < _FAR:  # NaN neither; what is no number raises
                raise ValueError("it gave no number of nanoseconds")  # noqa: TRY301  # noted alike
            last = int(seen)
        except Exception as error:  # noqa: BLE001  # the user's function; the request goes on
            faults.note("clock", error)
        return last

    return read


def guarded(
    predicate: Callable[[Scope], bool], place: str, faults: Faults, *, otherwise: bool
) -> Callable[[Scope], bool]:
    """The user's *predicate*; if it raises, that is counted at *place*, and *otherwise* holds.

    >>> from asgi_mw.faults import Faults
    >>> says = guarded(lambda scope: scope["path"] == "/", "when", Faults("timing"), otherwise=True)
    >>> says({"type": "http", "path": "/"})
    True
    """

    def says(scope: Scope) -> bool:
        try:
            answer = predicate(scope)
            if iscoroutine(answer):  # as an object it would always be true
                answer.close()
                raise TypeError("it is async: give a plain function")  # noqa: TRY301  # noted alike
            return bool(answer)
        except Exception as error:  # noqa: BLE001  # the user's function; the request goes on
            faults.note(place, error)
            return otherwise

    return says

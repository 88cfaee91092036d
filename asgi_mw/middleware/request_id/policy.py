"""Which ids are taken from whom, and what is made in the place of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from inspect import iscoroutinefunction, signature
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.headers import header_name
from asgi_mw.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.errors import Problems
    from asgi_mw.faults import Faults
    from asgi_mw.types import Scope

Accept: TypeAlias = "str | re.Pattern[str] | Callable[[str], bool] | None"
Generate: TypeAlias = "Callable[[], str] | Callable[[Scope], str]"

_USUAL = "A-Za-z0-9._-"
_LEGAL = re.compile(rf"[{_USUAL}]{{1,128}}")
# Always required: one word of visible ASCII, since an id is written into headers and logs.
# X-Amzn-Trace-Id with a Lineage has some 150 characters
_SAFE = re.compile(r"[!-~]{1,256}")
_PUNCTUATION = frozenset("!#$%&'()*+-./:;<=>?@[\\]^_`{|}~")


def names_of(header: object, problems: Problems) -> tuple[bytes, ...]:
    """The option ``header``: one name, or several in order of preference.

    >>> from asgi_mw.errors import Problems
    >>> names_of(["X-Request-ID", "X-Amzn-Trace-Id"], Problems("request_id"))
    (b'x-request-id', b'x-amzn-trace-id')
    """
    given = [header] if not isinstance(header, Sequence) or isinstance(header, str) else header
    names = tuple(header_name(name, "header", problems) for name in given)
    if not names:
        problems.add("header", header, "names none", "write header='x-request-id'")
    if len({*names}) < len(names):
        problems.add("header", header, "has a name twice", "write each name once")
    return names


def legality(accept: Accept, problems: Problems, faults: Faults) -> Callable[[str], object]:
    """The function that says, by the option ``accept``, whether a text is an id."""
    if accept is None:
        return _LEGAL.fullmatch
    if isinstance(accept, str):
        if not accept or not _PUNCTUATION.issuperset(accept):
            mend = "write them as '=/;', or give re.compile(...) or a function"
            problems.add("accept", accept, "is no list of punctuation marks", mend)
            return _LEGAL.fullmatch
        return re.compile(rf"[{re.escape(accept)}{_USUAL}]{{1,256}}").fullmatch
    if isinstance(accept, re.Pattern):
        if not isinstance(accept.pattern, str):
            problems.add("accept", accept, "is a pattern of bytes", "write a str")
        says: Callable[[str], object] = accept.fullmatch
    elif not callable(accept) or iscoroutinefunction(accept):
        mend = "give characters, re.compile(...) or a function of the id that returns a bool"
        problems.add("accept", accept, "says of no id whether it is one", mend)
        return _LEGAL.fullmatch
    else:
        says = accept

    def legal(text: str) -> bool:
        try:
            return _SAFE.fullmatch(text) is not None and bool(says(text))
        except Exception as error:  # noqa: BLE001  # the user's function; the request goes on
            faults.note("accept", error)
            return False

    return legal


def maker(
    generate: Generate, legal: Callable[[str], object], problems: Problems, faults: Faults
) -> Callable[[Scope], str]:
    """*generate* as a function of the scope; where it fails, the id is one of ours."""
    if generate is new_id:
        return lambda _: new_id()
    if not callable(generate) or iscoroutinefunction(generate):
        mend = "give a plain function that returns a str"
        problems.add("generate", generate, "is not callable", mend)
    elif (takes := _arguments(generate)) is None:
        mend = "give a function of nothing, or of the scope"
        problems.add("generate", generate, "takes neither nothing nor the scope", mend)

    def make(scope: Scope) -> str:
        try:
            made: str = generate(scope) if takes else generate()  # type: ignore[call-arg]  # it was asked
            if _LEGAL.fullmatch(made) or legal(made):
                return made
            faults.note("generate", ValueError(f"{made[:200]!r} is no legal id"))
        except Exception as error:  # noqa: BLE001  # the user's function; the request goes on
            faults.note("generate", error)
        return new_id()

    return make


def _arguments(function: Callable[..., object]) -> int | None:
    """How many arguments to call *function* with, 0 or 1; ``None`` if it takes neither."""
    try:
        asked = signature(function)
    except (TypeError, ValueError):  # written in C, or somebody else's
        return 0
    for count in (0, 1):
        try:
            asked.bind(*range(count))
        except TypeError:
            continue
        return count
    return None

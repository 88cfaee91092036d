"""Make text from outside safe for one line of a log or a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_LOGIN = re.compile(r"(\w://[^:/?#\s]*:)[^\s'\"]*(?=@)")
# A text that is only an address, whatever its password contains
_WHOLE = re.compile(r"\A(\w+://[^:/?#@]*:).*(?=@)", re.DOTALL)
_PASSWORD = re.compile(r"(password=)[^&\s'\"]*", re.IGNORECASE)


def printable(text: str, limit: int = 1024) -> str:
    r"""*text* without anything that could forge a line or drive a terminal.

    Control characters, line and paragraph separators, direction marks and lone surrogates
    become escapes; what is longer than *limit* characters ends in ``…``.

    >>> printable("a\x1b[2J\u2028b")
    'a\\x1b[2J\\u2028b'
    """
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join([c if c.isprintable() else _escaped(c) for c in text[: limit + 1]])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def without_password(text: str) -> str:
    """*text* with the passwords in its addresses masked.

    >>> without_password("postgresql://ada:secret@db/shop?sslmode=require")
    'postgresql://ada:***@db/shop?sslmode=require'

    A password that is not escaped as it should be is masked too: with ``@`` or ``/`` in it or,
    if the text is only an address, a blank.

    >>> without_password("store='postgresql://ada:se/cr@t@db/shop?password=secret'")
    "store='postgresql://ada:***@db/shop?password=***'"
    >>> without_password("postgresql://ada:se 'cr et@db/shop")
    'postgresql://ada:***@db/shop'
    """
    if "://" not in text:
        return text
    if whole := _WHOLE.match(text):
        text = f"{whole[1]}***{text[whole.end() :]}"
    return _PASSWORD.sub(r"\1***", _LOGIN.sub(r"\1***", text))


def unused(name: str, *taken: Container[str]) -> str:
    """*name*, with as many ``_`` at its end as it takes to be in none of *taken*.

    >>> unused("a", {"a": 1}, ["a_"])
    'a__'
    """
    while any(name in one for one in taken):
        name += "_"
    return name


class SafeLines(str):
    """Lines that :func:`printable_lines` made: they need no further care."""

    __slots__ = ()


def printable_lines(text: str, limit: int = 16384, indent: str = "") -> SafeLines:
    r"""Like :func:`printable`, but newlines stay, each line behind *indent*; the end is kept.

    >>> printable_lines("Traceback\n\x07", indent="  ")
    '  Traceback\n  \\x07'
    """
    if len(text) > limit:
        text = "…" + text[len(text) - limit + 1 :]
    return SafeLines("\n".join([indent + printable(line, limit) for line in text.split("\n")]))


def text_of(value: object) -> str:
    """``str(value)``, even if its ``__str__`` raises."""
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001  # somebody else's code
        return f"<no text: {type(error).__name__}>"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

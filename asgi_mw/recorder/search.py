"""The filter language: ``method:POST status:4xx,5xx -path:/health dur:>100ms "no such user"``.

Words that are separated by blanks have to hold at once; values that are separated by commas are
alternatives; ``-`` before a word negates it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asgi_mw.errors import Problems
from asgi_mw.recorder.facets import FACETS
from asgi_mw.recorder.naming import nearest
from asgi_mw.recorder.rows import row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.rows import Row

# The column of the list has this name
_ALIASES = {"duration": "dur"}
_WORD = re.compile(r"(-?)([A-Za-z_]+):")
# A value up to a blank or a comma; one in quotes, with \" and \\ in it; one that needs no quotes
_PIECE = re.compile(r"[^\s,]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r'[^\s,"\\]+')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter.

    Attributes:
        word: Its name.
        values: What it compares with; one of them has to fit.
        negated: None of the values may fit.
    """

    word: str
    values: tuple[Any, ...]
    negated: bool = False

    @property
    def whole(self) -> bool:
        """Whether a row is not enough to decide it."""
        return FACETS[self.word].whole

    def fits(self, one: Any) -> bool:
        """Whether *one* fits: a row, or for a *whole* term the exchange."""
        fits = FACETS[self.word].fits
        return any(fits(one, value) for value in self.values) != self.negated

    def __str__(self) -> str:
        """As it is written in a filter."""
        write = FACETS[self.word].write
        values = ",".join(_quoted(write(value)) for value in self.values)
        return f"{'-' * self.negated}{self.word}:{values}"


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the exchanges that fit all *terms*; :func:`parse` makes one from a text.

    >>> str(parse('status:5xx,404 -path:/health "no such user"'))
    'status:5xx,404 -path:/health text:"no such user"'
    """

    terms: tuple[Term, ...] = ()

    def matches(self, exchange: Exchange) -> bool:
        """Whether *exchange* is one of those asked for."""
        return self.matches_row(row_of(exchange), lambda: exchange)

    def matches_row(self, row: Row, read: Callable[[], Exchange | None]) -> bool:
        """Whether the exchange of *row* matches; *read* gets it if the row is not enough."""
        late = []
        for term in self.terms:
            if term.whole:
                late.append(term)
            elif not term.fits(row):
                return False
        if not late:
            return True
        exchange = read()
        return exchange is not None and all(term.fits(exchange) for term in late)

    @property
    def whole(self) -> bool:
        """Whether a row is not enough to decide it."""
        return any(term.whole for term in self.terms)

    def __and__(self, other: Search) -> Search:
        """The search for what matches both."""
        return Search(self.terms + other.terms)

    def __str__(self) -> str:
        """As it is written in a filter: :func:`parse` makes an equal search from it."""
        return " ".join(map(str, self.terms))


def parse(text: str) -> Search:
    """The search that the filter *text* describes.

    Raises:
        ConfigError: It has an unknown word or an impossible value; the message shows where each
            of them begins, and what to write.

    >>> parse("stauts:5xx")
    Traceback (most recent call last):
    asgi_mw.errors.ConfigError: filter: stauts='5xx': is no word, at character 1; is it status?
    """
    problems = Problems("filter")
    terms = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            term, at = _term(text, at)
            terms.append(term)
        except _Wrong as wrong:
            problems.add(
                wrong.word, wrong.value, f"{wrong.reason}, at character {at + 1}", wrong.mend
            )
            at = wrong.end
    problems.check()
    return Search(tuple(terms))


def words() -> list[dict[str, Any]]:
    """The words of the language, for completion and help: name, help, examples and values."""
    return [
        {
            "name": name,
            "help": facet.help,
            "examples": list(facet.examples),
            "values": list(facet.values),
        }
        for name, facet in FACETS.items()
    ]


class _Wrong(Exception):  # noqa: N818  # it never leaves this module
    """What is wrong with one word of a filter, which ends at *end*."""

    def __init__(self, word: str, value: str, reason: str, mend: str, end: int) -> None:
        super().__init__(reason)
        self.word, self.value, self.reason, self.mend, self.end = word, value, reason, mend, end


def _term(text: str, at: int) -> tuple[Term, int]:
    """The word that begins *at*, and where it ends."""
    named = _WORD.match(text, at)
    if named is None:
        negated = text[at] == "-" and text[at + 1 : at + 2].strip() != ""
        start = at + negated
        value, end = _quote(text, start, "text") if text[start] == '"' else _plain(text, start)
        return _made("text", [value], text[start:end], end, negated=negated)
    word = _ALIASES.get(named[2].lower(), named[2].lower())
    if word not in FACETS:
        end = _plain(text, at)[1]
        mend = nearest(word, FACETS).strip() or f"take one of {', '.join(FACETS)}"
        if not nearest(word, FACETS):
            mend += ", or put the text into quotes"
        raise _Wrong(named[2], text[named.end() : end], "is no word", mend, end)
    values = []
    end = named.end()
    while True:
        if text[end : end + 1] == '"':
            value, end = _quote(text, end, word)
        else:
            found = _PIECE.match(text, end)
            value, end = (found[0], found.end()) if found else ("", end)
        if not value:
            mend = f"write one, as {FACETS[word].examples[0]}"
            raise _Wrong(word, text[named.end() : end], "lacks a value", mend, end + 1)
        values.append(value)
        if text[end : end + 1] != ",":
            break
        end += 1
    return _made(word, values, text[named.end() : end], end, negated=named[1] == "-")


def _made(
    word: str, values: Iterable[str], given: str, end: int, *, negated: bool
) -> tuple[Term, int]:
    made = []
    for value in values:
        try:
            made.append(FACETS[word].parse(value))
        except (ValueError, OverflowError) as error:
            reason, _, mend = str(error).partition("; ")
            if not mend:  # the message of an amount
                reason, _, example = reason.partition(" is not like ")
                reason, mend = "cannot be read", f"write it like {example}"
            raise _Wrong(word, given, reason.removeprefix(f"{value!r} "), mend, end) from None
    return Term(word, tuple(made), negated), end


def _quote(text: str, at: int, word: str) -> tuple[str, int]:
    """What stands in quotes, and where that ends."""
    found = _QUOTED.match(text, at)
    if found is None:
        raise _Wrong(word, text[at:], "lacks the quote at its end", 'write " there', len(text))
    end = found.end()
    if end < len(text) and text[end] != "," and not text[end].isspace():
        mend = 'write a blank there, or \\" for a quote within'
        raise _Wrong(word, text[at:end], "goes on behind its quote", mend, _plain(text, end)[1])
    if not found[1]:
        raise _Wrong(word, found[0], "is empty", "leave it out", end)
    return _ESCAPED.sub(r"\1", found[1]), end


def _plain(text: str, at: int) -> tuple[str, int]:
    """The text up to the next blank, and where it ends."""
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[at:end], end


def _quoted(text: str) -> str:
    """*text* as a value, in quotes if need be."""
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

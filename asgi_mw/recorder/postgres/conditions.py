"""Turn a filter into SQL for PostgreSQL: true for all that it matches, and maybe for more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.recorder.facets import SLOW
from asgi_mw.recorder.looking import header_of, may_be_of_ids, unescaped
from asgi_mw.recorder.postgres import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.recorder.search import Search, Term
    from asgi_mw.recorder.wanted import Named, Span

# How many characters of a column its index has
_INDEXED = {"path": 100, "route": 100}
_LONGEST_PATTERN, _MOST_STARS = 500, 4
_BIGGEST = 2**63
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_NOTHING = "false"
_CONTENT = "EXISTS (SELECT FROM asgi_mw.content c WHERE c.id = e.id AND {})"


class Condition(NamedTuple):
    """SQL over ``asgi_mw.exchange AS e`` that may be true for more than is asked, unless *exact*.

    Attributes:
        sql: With ``%s`` for each of *values*.
        values: What it compares with.
        exact: It is true for nothing else.
        indexed: An index has what it asks for, so that little else is read.
    """

    sql: str
    values: tuple[Any, ...] = ()
    exact: bool = True
    indexed: bool = False


def condition(search: Search) -> Condition:
    """SQL that is true for all that *search* matches, and maybe for more.

    >>> from asgi_mw.recorder.search import parse
    >>> condition(parse("-method:get outcome:error"))[:2]
    ('(e.method = %s) IS NOT TRUE AND e.outcome = %s', ('GET', 'error'))
    """
    found = [one for term in search.terms if (one := _of_term(term)) is not None]
    return Condition(
        " AND ".join(one.sql for one in found) or "true",
        tuple(value for one in found for value in one.values),
        len(found) == len(search.terms) and all(one.exact for one in found),
        not search.terms or any(one.indexed for one in found),
    )


def _of_term(term: Term) -> Condition | None:
    of_one = _CONDITIONS[term.word]
    found = [of_one(value) for value in term.values]
    known = [_sayable(one) for one in found if one is not None]
    if len(known) < len(found):
        return None
    either = Condition(
        f"({' OR '.join(one.sql for one in known) or _NOTHING})"
        if len(known) != 1
        else known[0].sql,
        tuple(value for one in known for value in one.values),
        all(one.exact for one in known),
        all(one.indexed for one in known) and not term.negated,
    )
    if not term.negated:
        return either
    return either._replace(sql=f"({either.sql}) IS NOT TRUE") if either.exact else None


def _sayable(one: Condition) -> Condition:
    """*one*, or false if one of its texts has what no column can hold: NUL or a lone surrogate."""
    for value in one.values:
        if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
            return Condition(_NOTHING)
    return one


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is(name: str) -> Callable[[Any], Condition]:
    return lambda value: Condition(f"e.{name} = %s", (value,))


def _folded(text: str) -> str:
    """*text* in lower case, as by ``lower`` in the collation "C": only ASCII letters change."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _contains(names: Iterable[str], text: str) -> Condition:
    """A condition that finds *text* in one of these columns; upper and lower case are equal."""
    sql = " OR ".join(f"strpos(lower(e.{name}), %s) > 0" for name in names)
    values = (_folded(text),) * sql.count("%s")
    return Condition(f"({sql})", values)


def _named(name: str) -> Callable[[Named], Condition | None]:
    """Conditions that find a path, or another column: by a part, by all of it, by a pattern."""
    length = _INDEXED[name]

    def found(named: Named) -> Condition | None:
        text = named.text
        if named.how == "in":
            return Condition(f"strpos(e.{name}, %s) > 0", (text,))
        if named.how == "is":
            sql = f"(left(e.{name}, {length}) = %s AND e.{name} = %s)"
            return Condition(sql, (text[:length], text), indexed=True)
        if "[" not in text and len(text) <= _LONGEST_PATTERN and text.count("*") <= _MOST_STARS:
            return Condition(f"e.{name} LIKE %s", (_like(text),))
        start = text.partition("[")[0].partition("*")[0].partition("?")[0]
        if not start:
            return None
        return Condition(f"starts_with(e.{name}, %s)", (start,), exact=False)

    return found


def _like(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


def _within(sql: str, *, indexed: Callable[[Span], bool] = lambda _: False) -> Callable[..., Any]:
    """Conditions that find numbers."""

    def found(span: Span) -> Condition | None:
        if any(one is not None and (one != one or abs(one) >= _BIGGEST) for one in span):  # noqa: PLR0124  # NaN
            return None
        low, high = span
        parts, values = [], []
        if low is not None:
            parts.append(f"{sql} >= %s")
            values.append(math.ceil(low))
        if high is not None:
            parts.append(f"{sql} <= %s")
            values.append(math.floor(high))
        both = " AND ".join(parts) or f"{sql} IS NOT NULL"
        return Condition(f"({both})", tuple(values), indexed=indexed(span))

    return found


def _by_duration(span: Span) -> Condition | None:
    found: Condition | None = _within("e.ended")(span)
    if found is None or span.low is None or span.low < SLOW:
        return found
    return found._replace(sql=f"({schema.SLOW} AND {found.sql})", indexed=True)


def _by_id(part: str) -> Condition | None:
    if not part:
        return None
    back = part[::-1]
    sql = "((e.id >= %s AND e.id < %s) OR (reverse(e.id) >= %s AND reverse(e.id) < %s))"
    return Condition(sql, (part, _after(part), back, _after(back)), indexed=True)


def _by_trace(trace: str) -> Condition | None:
    if not trace:
        return None
    sql = "(left(e.trace_id, 32) >= %s AND left(e.trace_id, 32) < %s)"
    return Condition(sql, (trace, _after(trace)), exact=False, indexed=True)


def _after(start: str) -> str:
    """What comes right after all texts that begin with *start*."""
    return start[:-1] + chr(ord(start[-1]) + 1)


def _by_text(text: str) -> Condition:
    names = ["path", "query", "route", "request_id", "error"]
    if may_be_of_ids(text):
        names += ["id", "trace_id", "span_id"]
    return _contains(names, text)


def _by_error(text: str) -> Condition:
    return _contains(["error"], text)


def _by_header(wanted: str) -> Condition | None:
    """The name in quotes, as it stands in JSON; ``None`` if something in it could be escaped."""
    name, _value = header_of(wanted)
    if not name or not _PLAIN.issuperset(name):
        return None
    found = 'strpos(lower(c.facts::text COLLATE "C"), %s) > 0'
    return Condition(_CONTENT.format(found), (f'"{name}"',), exact=False)


def _by_body(text: str) -> Condition | None:
    """Payloads follow each other in the bytes; the texts of a WebSocket are in the JSON."""
    in_json = unescaped(text)
    if not in_json:
        return None
    data = text.encode("utf-8", "surrogatepass")
    held = _CONTENT.format("(position(%s IN c.bodies) > 0 OR strpos(c.facts::text, %s) > 0)")
    # If both directions take turns, a body is not in one piece there
    split = "(e.bytes_in > 0 AND (e.event_count > 3 OR e.first_byte IS NULL))"
    return Condition(f"({split} OR {held})", (data, in_json), exact=False)


def _by_worker(text: str) -> Condition:
    host = _contains(["host"], text)
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        return host
    return Condition(f"(e.pid = %s OR {host.sql})", (int(text), *host.values), exact=text[0] != "0")


def _by_state(word: str) -> Condition:
    if word == "slow":
        return Condition(f"({schema.SLOW})", indexed=True)
    if word == "in_flight":
        return Condition("e.outcome IS NULL")
    if word in {"kept", "swallowed"}:
        return Condition(f"e.{word}", indexed=word == "kept")
    return Condition(schema.FAILED, indexed=True)


def _by_moment(sign: str) -> Callable[[int], Condition | None]:
    return lambda moment: (
        Condition(f"e.began {sign} %s", (moment,)) if abs(moment) < _BIGGEST else None
    )


_CONDITIONS: dict[str, Callable[[Any], Condition | None]] = {
    "type": _is("type"),
    "method": _is("method"),
    "path": _named("path"),
    "status": _within("e.answer", indexed=lambda span: (span.low or 0) >= 300),
    "outcome": _is("outcome"),
    "route": _named("route"),
    "dur": _by_duration,
    "size": _within("(e.bytes_in + e.bytes_out)"),
    "in": _within("e.bytes_in"),
    "out": _within("e.bytes_out"),
    "trace": _by_trace,
    "text": _by_text,
    "error": _by_error,
    "header": _by_header,
    "body": _by_body,
    "id": _by_id,
    "worker": _by_worker,
    "is": _by_state,
    "since": _by_moment(">="),
    "until": _by_moment("<"),
}

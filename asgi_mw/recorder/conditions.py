"""Turn a filter into SQL for one segment: true for all that it matches, and maybe for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.answers import UNANSWERED, server_status
from asgi_mw.recorder.facets import FAILED, SLOW
from asgi_mw.recorder.looking import header_of, may_be_of_ids, unescaped
from asgi_mw.recorder.rows import LONGEST_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.recorder.search import Search, Term
    from asgi_mw.recorder.wanted import Named, Span

# Of a longer pattern only the literal beginning is compared: it could take SQLite for ever
_LONGEST_PATTERN, _MOST_STARS = 500, 4
_BIGGEST = 2**63
# A header name of these characters stands in JSON as it is
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
# A test that is quicker than a search in the column, and false where it is empty
_SAVES = {"query": "query <> '' AND ", "error": "error IS NOT NULL AND "}


class Condition(NamedTuple):
    """SQL that may be true for more than is asked, unless it is *exact*."""

    sql: str
    values: tuple[Any, ...] = ()
    exact: bool = True


class Source(NamedTuple):
    """The file that is searched.

    Attributes:
        version: Its format, which says what columns there are.
        kept: It holds what was marked to be kept.
    """

    version: int
    kept: bool = False


def condition(search: Search, source: Source) -> tuple[str, list[Any]]:
    """SQL that is true for all that *search* matches, and maybe for more, with its values.

    >>> from asgi_mw.recorder.search import parse
    >>> condition(parse("-method:get outcome:error"), Source(3))
    ('(method = ?) IS NOT TRUE AND outcome = ?', ['GET', 'error'])
    """
    found = [one for term in search.terms if (one := _of_term(term, source)) is not None]
    sql = " AND ".join(one.sql for one in found) or "1"
    return sql, [value for one in found for value in one.values]


def _of_term(term: Term, source: Source) -> Condition | None:
    of_one = _CONDITIONS.get(term.word)
    if of_one is None:
        return None
    either = _either([of_one(value, source) for value in term.values])
    if either is None or not term.negated:
        return either
    return Condition(f"({either.sql}) IS NOT TRUE", either.values) if either.exact else None


def _either(found: list[Condition | None]) -> Condition | None:
    """A condition that is true where one of *found* is; ``None`` if one of them is ``None``."""
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    if len(known) == 1:
        return known[0]
    sql = " OR ".join(one.sql for one in known)
    return Condition(
        f"({sql})" if sql else "0",
        tuple(value for one in known for value in one.values),
        all(one.exact for one in known),
    )


def _is(name: str) -> Callable[[Any, Source], Condition | None]:
    return lambda value, _: Condition(f"{name} = ?", (value,))


def _contains(names: Iterable[str], text: str) -> Condition | None:
    """A condition that finds *text* in one of these columns; upper and lower case are equal."""
    if len(text) > _LONGEST_PATTERN:
        return None
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # An ESCAPE clause takes a third of the time
    like = "LIKE ?" if escaped == text else "LIKE ? ESCAPE '\\'"
    sql = " OR ".join(f"{_SAVES.get(name, '')}{name} {like}" for name in names)
    count = sql.count("?")
    return Condition(f"({sql})" if count > 1 else sql, (f"%{escaped}%",) * count)


def _named(name: str) -> Callable[[Named, Source], Condition | None]:
    """Conditions that find a path, or another column: by a part, by all of it, by a pattern."""

    def found(named: Named, _: Source) -> Condition | None:
        text = named.text
        if named.how == "in":
            return Condition(f"instr({name}, ?)", (text,))
        if named.how == "is":
            return Condition(f"{name} = ?", (text,))
        if "[" not in text and len(text) <= _LONGEST_PATTERN and text.count("*") <= _MOST_STARS:
            return Condition(f"{name} GLOB ?", (text,))
        start = _literal(text)
        if not start:
            return None
        return Condition(f"substr({name}, 1, ?) = ?", (len(start), start), exact=False)

    return found


def _within(sql: str, since: int = 1) -> Callable[[Span, Source], Condition | None]:
    """Conditions that find numbers; the columns exist since version *since*."""

    def found(span: Span, source: Source) -> Condition | None:
        if source.version < since:
            return None
        low, high = span
        parts = [f"{sql} >= ?" * (low is not None), f"{sql} <= ?" * (high is not None)]
        values = tuple(one for one in span if one is not None)
        if any(isinstance(one, int) and abs(one) >= _BIGGEST for one in values):
            return None
        both = " AND ".join(filter(None, parts)) or f"{sql} IS NOT NULL"
        return Condition(f"({both})" if len(values) > 1 else both, values)

    return found


def _by_status(span: Span, source: Source) -> Condition | None:
    if source.version > 2:
        return _within("answer")(span, source)
    own = _within("status")(span, source)
    if own is None or not span.has(server_status("http", UNANSWERED[0])):
        return own and own._replace(exact=False)
    ended = ", ".join("?" * len(UNANSWERED))
    by_server = f"status IS NULL AND type = 'http' AND outcome IN ({ended})"
    return Condition(f"({own.sql} OR ({by_server}))", (*own.values, *UNANSWERED), exact=False)


def _by_id(part: str, _: Source) -> Condition | None:
    # "g" comes after every hex digit
    sql = "((id >= ? AND id < ?) OR substr(id, ?) = ?)"
    return Condition(sql, (part, part + "g", -len(part), part)) if part else None


def _by_trace(trace: str, source: Source) -> Condition | None:
    if source.version == 1:
        return Condition("0")
    return Condition("substr(trace_id, 1, ?) = ?", (len(trace), trace)) if trace else None


def _by_text(text: str, source: Source) -> Condition | None:
    names = ["path", "query", "route", "request_id", "error"]
    if may_be_of_ids(text):
        names += ["id", *["trace_id", "span_id"] * (source.version > 1)]
    found = _contains(names, text)
    # Earlier formats have more of an error than its row has
    return found and found._replace(exact=source.version > 2)


def _by_error(text: str, source: Source) -> Condition | None:
    found = _contains([f"substr(error, 1, {LONGEST_ERROR})"], text)
    return found and found._replace(exact=source.version > 2)


def _by_header(wanted: str, _: Source) -> Condition | None:
    """The name as it stands in JSON; ``None`` if something in it could be escaped.

    The quote before it is left out: SQLite would look closer at every quote.
    """
    name, _value = header_of(wanted)
    if not name or not _PLAIN.issuperset(name):
        return None
    return (_contains(["facts"], f'{name}"') or Condition("1"))._replace(exact=False)


def _by_body(text: str, source: Source) -> Condition | None:
    """Payloads follow each other in the BLOB; the texts of a WebSocket are in the JSON."""
    in_json = unescaped(text)[:_LONGEST_PATTERN]
    said = _contains(["facts"], in_json)
    if source.version < 3 or not in_json or said is None:
        return None
    # If both directions take turns, a body is not in one piece there
    split = "bytes_in > 0 AND (event_count > 3 OR first_byte IS NULL)"
    values = (text.encode("utf-8", "surrogatepass"), *said.values)
    return Condition(f"(instr(bodies, ?) OR ({split}) OR {said.sql})", values, exact=False)


def _by_worker(text: str, source: Source) -> Condition | None:
    if source.version < 3:
        return None
    host = _contains(["host"], text)
    if host is None or not text.isdecimal() or not text.isascii() or len(text) > 18:
        return host
    return Condition(f"(pid = ? OR {host.sql})", (int(text), *host.values), exact=text[0] != "0")


def _by_state(word: str, source: Source) -> Condition | None:
    if word == "slow":
        return Condition("ended >= ?", (SLOW,))
    if word == "in_flight":
        return Condition("outcome IS NULL")
    if word == "kept":
        # All that is kept is in a file of its own; the original may be in another segment, too
        return Condition("1") if source.kept else Condition("0", exact=False)
    if source.version < 3:
        return None
    if word == "swallowed":
        return Condition("swallowed = 1")
    outcomes = ", ".join("?" * len(FAILED))
    return Condition(
        "(answer >= 500 OR (error IS NOT NULL AND outcome IS NOT 'unsupported') OR "
        f"(outcome IS NOT 'complete' AND outcome IN ({outcomes})))",  # most are
        FAILED,
    )


def _by_moment(sign: str) -> Callable[[int, Source], Condition | None]:
    return lambda moment, _: (
        Condition(f"began {sign} ?", (moment,)) if abs(moment) < _BIGGEST else None
    )


# Words without SQL are decided by the filter alone
_CONDITIONS: dict[str, Callable[[Any, Source], Condition | None]] = {
    "type": _is("type"),
    "method": _is("method"),
    "path": _named("path"),
    "status": _by_status,
    "outcome": _is("outcome"),
    "route": _named("route"),
    "dur": _within("ended"),
    "size": _within("bytes_in + bytes_out", 3),
    "in": _within("bytes_in", 3),
    "out": _within("bytes_out", 3),
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


def _literal(pattern: str) -> str:
    """The part of a pattern before its first wildcard."""
    for place, character in enumerate(pattern):
        if character in "*?[":
            return pattern[:place]
    return pattern

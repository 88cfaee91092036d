"""The filter language says what it means, is written as it is read, and names what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw import ConfigError
from asgi_mw.recorder.facets import FACETS
from asgi_mw.recorder.naming import OUTCOMES
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.search import Search, Term, parse, words
from tests.recorder.test_query import EXCHANGE

TEXTS = st.text(st.sampled_from([*"ab7/:=*?[]\"\\, .-\t%_'", "é", "\n"]), min_size=1, max_size=6)
NUMBERS = st.integers(0, 10**10).map(str)
SIGNS = st.sampled_from(["", ">", ">=", "<=", "="])
VALUES: dict[str, st.SearchStrategy[str]] = {
    "method": st.sampled_from(["get", "POST"]),
    "status": st.sampled_from(["404", "5xx", "2XX", ">=400", ">404", "<500", "<=499", "400..499"]),
    "type": st.sampled_from(["http", "ws", "WebSocket", "lifespan"]),
    "outcome": st.sampled_from(OUTCOMES),
    "trace": st.text("0123456789abcdef", min_size=1, max_size=32),
    "id": st.text("0123456789abcdef", min_size=1, max_size=32),
    "since": st.sampled_from(["10m", "2026-05-04", "2026-05-04T14:30:00.25Z"]),
    "until": st.sampled_from(["1h", "2026-05-04"]),
    "is": st.sampled_from(["error", "slow", "in_flight", "kept", "swallowed"]),
    "dur": st.builds("{}{}{}".format, SIGNS, NUMBERS, st.sampled_from(["", "ns", "us", "ms", "s"])),
    **{
        name: st.builds("{}{}{}".format, SIGNS, NUMBERS, st.sampled_from(["", "B", "kB", "MB"]))
        for name in ("size", "in", "out")
    },
    **dict.fromkeys(("path", "route", "text", "error", "header", "body", "worker"), TEXTS),
}


def term(word: str) -> st.SearchStrategy[Term]:
    """A word with one value or several, as they are parsed."""
    values = st.lists(VALUES[word].map(FACETS[word].parse), min_size=1, max_size=3)
    return st.builds(Term, st.just(word), values.map(tuple), st.booleans())


TERMS = st.sampled_from(list(VALUES)).flatmap(term)
SEARCHES = st.lists(TERMS, max_size=4).map(lambda terms: Search(tuple(terms)))


def test_every_word_is_tried_here() -> None:
    """So no word is written in a way that is not read."""
    assert set(VALUES) == set(FACETS)


@given(SEARCHES)
@hypothesis.example(parse("dur:>9223372037s"))
def test_a_filter_is_written_as_it_is_read(search: Search) -> None:
    """Whatever is in its texts."""
    assert search == parse(str(search))


ODD = st.sampled_from([*'abst:5x-", \\>=*', "status:", "dur:", "é"])


@given(st.lists(ODD, max_size=12).map("".join))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    """With what to write instead, and never by another exception."""
    try:
        search = parse(text)
    except ConfigError as error:
        problems = error.problems
    else:
        problems = ()
        assert search == parse(str(search))
    assert all(one.mend and "at character" in one.reason for one in problems)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "method:get status:5xx",
        "status:>=500 status:503 status:4xx,503 status:500..599",
        "path:/users path:=/users/7 path:/users/* path:ers/7",
        "-path:/health -status:2xx,404",
        "route:{id} route:=/users/{id}",
        "type:http -type:ws,lifespan",
        "outcome:error is:error -is:kept -is:in_flight",
        "dur:2s duration:>1999ms dur:>1999ms dur:<=2s dur:1s..3s is:slow",
        "size:0 in:>=0 in:<8B out:=0 -out:>1kB",
        'USERS text:Page=2 valueerror "no such luck"',
        "error:VALUEERROR -error:KeyError",
        'header:content-type header:"content-type: json"',
        "body:hello -body:HELLO",
        "id:019a id:007",
        "trace:0AF7",
        "since:1970-01-01T00:00:00Z until:1h",
        "worker:1 worker:HOST -worker:2",
    ],
)
def test_a_filter_matches_what_it_says(text: str) -> None:
    """All words hold at once."""
    assert parse(text).matches(EXCHANGE)


@pytest.mark.parametrize(
    "text",
    [
        "-method:GET",
        "status:404,5xx -status:503",
        "path:=/users",
        "path:/users?",
        "path:/USERS",
        "-path:users",
        "dur:>2s",
        "out:>5",
        "elsewhere",
        "-users",
        "is:kept",
        "is:swallowed",
        "type:ws",
        "body:HELLO",
        "until:1970-01-01T00:00:00Z",
        "worker:host2",
    ],
)
def test_a_filter_leaves_out_the_rest(text: str) -> None:
    """One word that does not hold is enough."""
    assert not parse(text).matches(EXCHANGE)


def test_a_mark_is_seen() -> None:
    """It is no part of what was recorded."""
    assert parse("is:kept").matches(replace(EXCHANGE, kept=True))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a stauts:5xx", "stauts='5xx': is no word, at character 3; is it status?"),
        ("status:9xx", "status='9xx': is no status, at character 1; write it as 404, 5xx or >=400"),
        ("dur:soon", "dur='soon': cannot be read, at character 1; write it like 7d, 12h"),
        ("is:eror", "is='eror': is no state, at character 1; is it error? take one of error"),
        ("path:", "path='': lacks a value, at character 1; write one, as path:/api"),
        ("path:a,", "path='a,': lacks a value, at character 1; write one, as path:/api"),
        ('text:"a', 'lacks the quote at its end, at character 1; write " there'),
        ('"a"b', "goes on behind its quote, at character 1; write a blank there"),
        ('""', "is empty, at character 1; leave it out"),
        ("localhost:8000", "or put the text into quotes"),
        ("size:<0", "can match nothing, at character 1; write a number after <"),
        ("trace:xyz", "is no trace id, at character 1; write its 32 hex digits"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, problem: str) -> None:
    """And with what to write."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert problem in str(caught.value)


def test_all_that_is_wrong_is_said() -> None:
    """In the order of the text."""
    with pytest.raises(ConfigError) as caught:
        parse("status:x path:/a outcome:fine")
    assert ["status", "outcome"] == [one.option for one in caught.value.problems]


def test_the_words_are_told_with_examples_that_are_read() -> None:
    """For completion and help."""
    for word in words():
        assert word["help"]
        for example in word["examples"]:
            assert {word["name"]} == {one.word for one in parse(example).terms}
        for value in word["values"]:
            assert parse(f"{word['name']}:{value}").terms


def test_a_query_is_the_same_in_words() -> None:
    """Options of commands and words of the language have one meaning."""
    asked: Any = {"status": ["404", "5xx"], "path": "/users", "longer": 0.1, "method": "get"}
    assert parse("method:GET path:=/users status:404,5xx dur:100ms") == Query(**asked).search

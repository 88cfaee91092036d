"""An OpenAPI document becomes requests."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.examples import Examples
from asgi_mw.cli.operations import Ask, DocumentError, document, operations


def asks(paths: Any, **more: Any) -> list[Ask]:
    """The requests that *paths* describe."""
    return list(operations({"paths": paths, **more}))


def parameter(name: str, where: str, **more: Any) -> dict[str, Any]:
    """One that is needed."""
    return {"name": name, "in": where, "required": True, **more}


def test_each_operation_is_a_request() -> None:
    """In the order of the document; what is no operation is none."""
    paths = {"/b": {"post": {}, "get": {}, "summary": "x", "parameters": []}, "/a": {"head": {}}}
    assert [
        Ask("GET", "/b", name="/b"),
        Ask("POST", "/b", name="/b"),
        Ask("HEAD", "/a", name="/a"),
    ] == asks(paths)


def test_a_path_that_is_no_text_can_be_sent() -> None:
    """JSON can hold half a character."""
    assert ["/a?"] == [ask.target for ask in asks({"/a\ud800": {"get": {}}})]


@pytest.mark.parametrize(
    ("described", "path"),
    [
        ({"example": 7}, "7"),
        ({"examples": {"one": {"value": "x y"}}}, "x%20y"),
        ({"schema": {"type": "string", "default": "a/b"}}, "a%2Fb"),
        ({"schema": {"enum": ["red", "blue"]}}, "red"),
        ({"schema": {"const": True}}, "true"),
        ({"schema": {"examples": ["é"]}}, "%C3%A9"),
        ({"schema": {"type": "integer", "minimum": 10}}, "10"),
        ({"schema": {"type": "integer", "exclusiveMinimum": 10}}, "11"),
        ({"schema": {"type": "number", "maximum": 0.5}}, "0.5"),
        ({"schema": {"type": "boolean"}}, "true"),
        ({"schema": {"type": ["null", "integer"]}}, "1"),
        ({"schema": {"type": "string", "minLength": 3}}, "aaa"),
        ({"schema": {"type": "string", "format": "date"}}, "2026-01-01"),
        (
            {"schema": {"type": "string", "format": "uuid"}},
            "00000000-0000-4000-8000-000000000000",
        ),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "1"),
        ({"schema": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "1"),
        ({"schema": {"$ref": "#/components/schemas/Id"}}, "42"),
        ({"schema": {"$ref": "#/components/schemas/Loop"}}, "None"),
        ({"schema": {"$ref": "https://example.org/x.json#/a"}}, "a"),
        ({"type": "integer"}, "1"),
        ({"schema": {"default": ""}}, "a"),
        ({}, "a"),
    ],
    ids=str,
)
def test_a_path_is_filled(described: dict[str, Any], path: str) -> None:
    """By example, default, what is listed, or the type; quoted."""
    schemas = {
        "Id": {"type": "integer", "default": 42},
        "Loop": {"anyOf": [{"$ref": "#/components/schemas/Loop"}]},
    }
    item = {"parameters": [parameter("id", "path", **described)], "get": {}}
    [ask] = asks({"/users/{id}": item}, components={"schemas": schemas})
    assert (f"/users/{path}", "/users/{id}", "GET /users/{id}") == (
        ask.target,
        ask.name,
        ask.what,
    )


def test_an_operation_outranks_its_path() -> None:
    """And a parameter that nobody describes is a text."""
    item = {
        "parameters": [parameter("a", "path", example="outer")],
        "get": {"parameters": [parameter("a", "path", example="inner")]},
    }
    [ask] = asks({"/{a}/{b}": item})
    assert "/inner/a" == ask.target


def test_only_what_is_needed_is_sent() -> None:
    """In the query and the headers."""
    given = [
        parameter("q", "query", example="a b"),
        parameter("page", "query", required=False, example=2),
        parameter("X-Shop", "header", example=7),
        parameter("X-Other", "header", required=False),
    ]
    [ask] = asks({"/a": {"get": {"parameters": given}}})
    assert ("/a?q=a+b", (("X-Shop", "7"),)) == (ask.target, ask.headers)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"name": "a", "age": 1}'),
        ("application/merge-patch+json", b'{"name": "a", "age": 1}'),
        ("application/x-www-form-urlencoded", b"name=a&age=1"),
        ("image/png", b""),
    ],
)
def test_a_body_is_made(kind: str, body: bytes) -> None:
    """Of what its schema needs."""
    schema = {
        "type": "object",
        "required": ["name", "age"],
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "more": {"type": "string"},
        },
    }
    [ask] = asks({"/a": {"post": {"requestBody": {"content": {kind: {"schema": schema}}}}}})
    assert body == ask.body
    assert (("content-type", kind),) * bool(body) == ask.headers


def test_parts_of_a_schema_are_joined() -> None:
    """As inheritance is written."""
    made = Examples({}).of(
        {
            "allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {}}}],
            "properties": {"c": {"type": "boolean"}},
        }
    )
    assert {"c": True, "a": 1, "b": "a"} == made


def test_a_schema_that_holds_itself_ends() -> None:
    """However wide it is."""
    names = [f"p{number}" for number in range(20)]
    node = {"properties": {name: {"$ref": "#/node"} for name in names}}
    assert len(json.dumps(Examples({"node": node}).of({"$ref": "#/node"}))) < 1_000_000


def test_yaml_is_read_too() -> None:
    """Where PyYAML is installed."""
    assert {"paths": {"/a": {"get": {}}}} == document(b"paths:\n  /a:\n    get: {}\n", "x.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "x is neither JSON nor YAML: "),
        (b"[]", 'x has no "paths": it is no OpenAPI document'),
        (b'{"paths": []}', 'x has no "paths": it is no OpenAPI document'),
        (b"\xff\xfe\x00", "x is neither JSON nor YAML: "),
        (b"[" * 100_000, "x is nested too deeply"),
    ],
    ids=["half", "list", "no paths", "no text", "deep"],
)
def test_what_is_no_document_is_said(text: bytes, said: str) -> None:
    """With its name."""
    with pytest.raises(DocumentError) as caught:
        document(text, "x")
    assert str(caught.value).startswith(said)


WORDS = [
    *("type", "properties", "items", "$ref", "anyOf", "allOf", "example", "required", "schema"),
    *("in", "name", "content", "requestBody", "parameters", "minLength", "minimum", "maximum"),
    *("enum", "examples", "value", "format"),
]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS) | st.text(max_size=3),
            inner
            | st.sampled_from(["#/paths", "#/", "string", "integer", "object", "path", "query"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.just("/{a}/é") | st.text(max_size=3), _VALUES, max_size=2), _VALUES)
def test_any_document_makes_requests(paths: dict[str, Any], operation: Any) -> None:
    """Or none: whatever is in it."""
    for ask in operations({"paths": {**paths, "/x/{a}": {"post": operation}}}):
        assert ask.target.startswith("/")
        ask.body.decode()
        assert all(part.isascii() for header in ask.headers for part in header)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_document_or_are_refused(text: bytes) -> None:
    """With one error, and no other."""
    with suppress(DocumentError):
        assert isinstance(document(text, "x")["paths"], dict)

"""The schemas say what each property is, are strict, and fit whatever was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from asgi_mw.cli.schemas import PRINTED, schema_of
from asgi_mw.recorder.objects import ascii_json, summary, whole
from tests.cli import facts
from tests.cli.fitting import fits, properties_of
from tests.recorder.test_codec import EXCHANGES

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

PROPERTIES = {f"{name}.{key}": one for (name, key), one in properties_of([*PRINTED]).items()}


@pytest.mark.parametrize("place", PROPERTIES)
def test_each_property_is_described_with_its_unit(place: str) -> None:
    """In a sentence; what is a time or a size says so."""
    shapes = {name: one for schema in PRINTED for name, one in schema_of(schema)["$defs"].items()}
    schema, name = PROPERTIES[place], place.partition(".")[2]
    said = schema.get("description") or shapes[schema["$ref"].rpartition("/")[2]]["description"]
    assert said.endswith(".")
    assert name.endswith("_ms") is ("number" in str(schema.get("type")) or name == "duration_ms")
    assert not name.endswith("_ms") or " ms" in said
    assert not name.startswith("bytes") or "bytes" in said


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_ours_has_no_other_property(name: str) -> None:
    """A misspelt name would be found, and a missing one."""
    for shape in schema_of(name)["$defs"].values():
        if shape.get("type") == "object":
            optional = {"exact", "bodies"}
            assert shape["additionalProperties"] is False
            assert shape["properties"].keys() - optional == set(shape["required"]) - optional


@given(EXCHANGES)
@settings(max_examples=100, deadline=None)
def test_whatever_was_recorded_fits(exchange: Exchange) -> None:
    """Apps, servers and clients say what they want."""
    fits("ls", ascii_json(summary(exchange)))
    fits("jsonl", ascii_json(whole(exchange)))


@pytest.mark.parametrize(
    "scope",
    [{"query_string": 7}, {"query_string": ["a"]}, {"method": 7}, {"headers": [7]}],
    ids=str,
)
@pytest.mark.parametrize("status", [True, -1, 2**60])
def test_what_an_app_or_a_server_got_wrong_fits(scope: dict[str, Any], status: int) -> None:
    """Null stands for what is no query or no status that all can read."""
    start = facts.sent(1, 2, {"type": "http.response.start", "status": status})
    odd = replace(facts.LAYERED, scope={**facts.EXCHANGE.scope, **scope}, events=(start,))
    fits("jsonl", ascii_json(whole(odd)))

"""What a command prints for programs, held against its schema."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from asgi_mw.cli.schemas import PRINTED, schema_of
from asgi_mw.cli.schemas.words import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What a property of a shape is seen as: the name of the shape, and its own
Seen = tuple[str, str]


def asks_for_json(arguments: Sequence[Any]) -> bool:
    """Whether a command with these *arguments* prints JSON."""
    words = [str(one) for one in arguments]
    return "--json" in words or ("--format", "json") in pairwise(words)


def fits(name: str, printed: str) -> list[Any]:
    """What was *printed*, each thing of it; the schema called *name* describes all of it."""
    found = [json.loads(line) for line in printed.splitlines()]
    assert PRINTED[name].prints == "lines" or len(found) == 1
    validator = _validator(name)
    for one in found:
        wrong = [f"{error.json_path}: {error.message:.300}" for error in _all(validator, one)]
        assert [] == wrong
    return found


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def _all(validator: Draft202012Validator, one: Any) -> Iterator[Any]:
    """Each error; of several shapes those of the one that nearly fits."""
    for error in validator.iter_errors(one):
        yield min(error.context, key=lambda inner: len(inner.path), default=error)


def seen_in(name: str, values: list[Any]) -> set[Seen]:
    """Each property of a shape that has a value in *values*, which fit the schema *name*."""
    whole = schema_of(name)
    shapes, seen = whole.pop("$defs"), set[Seen]()
    for value in values:
        _look(whole, value, "", shapes, seen)
    return seen


def _look(
    schema: dict[str, Any], value: Any, name: str, shapes: dict[str, Any], seen: set[Seen]
) -> None:
    """Follow *schema* as far as *value* goes."""
    shape = name_of(schema)
    if shape is not None:
        _look(shapes[shape], value, shape, shapes, seen)
    for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        whole = {**one, "$defs": shapes}
        if Draft202012Validator(whole).is_valid(value):
            _look(one, value, name, shapes, seen)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key, inner in value.items():
            if key in properties and inner is not None:
                seen.add((name, key))
                _look(properties[key], inner, "", shapes, seen)
            elif isinstance(each := schema.get("additionalProperties"), dict):
                _look(each, inner, "", shapes, seen)
    if isinstance(value, list):
        rows = schema.get("prefixItems", ())
        for one, inner in zip(rows, value, strict=False):
            _look(one, inner, "", shapes, seen)
        for inner in value[len(rows) :]:
            _look(schema.get("items") or {}, inner, "", shapes, seen)


def properties_of(names: Sequence[str]) -> dict[Seen, dict[str, Any]]:
    """Every property of every shape of these schemas that has a name, and what is said of it."""
    return {
        (name, key): inner
        for schema in names
        for name, shape in schema_of(schema)["$defs"].items()
        for key, inner in shape.get("properties", {}).items()
    }

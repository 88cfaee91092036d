"""A value for each schema of an OpenAPI document: its example, its default, or one of its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

# Schemas may hold themselves, and refer to themselves
_DEEPEST = 8
_MOST = 2000
_LONGEST = 1000
_NOTHING: Mapping[str, Any] = {}
_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "ada@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class Examples:
    """Makes values as one document describes them.

    Args:
        document: Where ``$ref`` leads.

    >>> made = Examples({"components": {"schemas": {"Id": {"type": "integer", "minimum": 7}}}})
    >>> made.of({"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Id"}}})
    {'id': 7}
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = _MOST

    def resolved(self, thing: Any) -> Mapping[str, Any]:
        """*thing*, or what its ``$ref`` leads to; empty if that is no object of the document."""
        for _ in range(_DEEPEST):
            if not isinstance(thing, Mapping):
                return _NOTHING
            if not isinstance(reference := thing.get("$ref"), str):
                return thing
            thing = self._at(reference)
        return _NOTHING

    def _at(self, reference: str) -> Any:
        """What a JSON pointer leads to: https://www.rfc-editor.org/rfc/rfc6901."""
        root, _, pointer = reference.partition("#/")
        thing: Any = None if root else self._document
        for part in pointer.split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            thing = thing.get(key) if isinstance(thing, Mapping) else None
        return thing

    def of_parameter(self, parameter: Mapping[str, Any]) -> Any:
        """A value for a parameter or a kind of content; in Swagger 2, it is its own schema."""
        if "example" in parameter:
            return parameter["example"]
        listed = parameter.get("examples")
        for one in listed.values() if isinstance(listed, Mapping) else ():
            example = self.resolved(one)
            if "value" in example:
                return example["value"]
        return self.of(parameter.get("schema", parameter))

    def of(self, schema: Any, deep: int = 0) -> Any:
        """A value that *schema* describes; only the keys that say most about it are used."""
        self._left = self._left - 1 if deep else _MOST
        schema = self.resolved(schema)
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if isinstance(listed := schema.get(key), list) and listed:
                return listed[0]
        if deep >= _DEEPEST or self._left < 0:
            return None
        for key in ("anyOf", "oneOf"):
            if isinstance(listed := schema.get(key), list) and listed:
                return self.of(listed[0], deep + 1)
        if isinstance(listed := schema.get("allOf"), list):
            parts = [self.of(one, deep + 1) for one in listed]
            whole = self._object(schema, deep)
            for part in parts:
                whole |= part if isinstance(part, Mapping) else {}
            return whole if whole or not parts else parts[0]
        return self._typed(schema, deep)

    def _typed(self, schema: Mapping[str, Any], deep: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), None)
        match kind:
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case "null":
                return None
            case "array":
                return [self.of(schema.get("items"), deep + 1)]
            case "string":
                return _string(schema)
        if kind == "object" or "properties" in schema:
            return self._object(schema, deep)
        return "a"

    def _object(self, schema: Mapping[str, Any], deep: int) -> dict[str, Any]:
        """The properties that *schema* requires; all of them if it does not say which."""
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return {}
        required = schema.get("required")
        wanted = required if isinstance(required, list) else list(properties)
        return {name: self.of(one, deep + 1) for name, one in properties.items() if name in wanted}


def _number(schema: Mapping[str, Any]) -> Any:
    least, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    most = schema.get("maximum")
    if _is_number(least):
        return least
    if _is_number(above):
        return above + 1
    return min(most, 1) if _is_number(most) else 1


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _string(schema: Mapping[str, Any]) -> str:
    named = schema.get("format")
    if isinstance(named, str) and named in _FORMATS:
        return _FORMATS[named]
    least = schema.get("minLength")
    return "a" * (min(max(least, 1), _LONGEST) if isinstance(least, int) else 1)

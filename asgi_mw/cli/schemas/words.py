"""The words that the schemas are written in: each makes one JSON Schema of draft 2020-12."""

from __future__ import annotations

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

SHAPES: dict[str, Schema] = {}
"""Every named object by its name, as it stands in ``$defs``."""

_PLACE = "#/$defs/"


def shape(
    name: str, description: str, properties: dict[str, Schema], *, optional: tuple[str, ...] = ()
) -> Schema:
    """Define an object that has these *properties* and no others; return a reference to it.

    Args:
        name: Its name in ``$defs``.
        description: What it is.
        properties: Each is always there, null if there is nothing to say.
        optional: Which of them may be missing all the same.
    """
    SHAPES[name] = {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": [one for one in properties if one not in optional],
        "additionalProperties": False,
    }
    return {"$ref": _PLACE + name}


def named(name: str, schema: Schema) -> Schema:
    """Give a *name* to a schema that is no object of ours; return a reference to it."""
    SHAPES[name] = schema
    return {"$ref": _PLACE + name}


def name_of(schema: Schema) -> str | None:
    """The name of the shape that *schema* refers to; ``None`` if it is no reference.

    >>> name_of({"$ref": "#/$defs/event"})
    'event'
    """
    place: str | None = schema.get("$ref")
    return place and place.removeprefix(_PLACE)


def text(description: str, *words: str, **more: str) -> Schema:
    """A text, one of *words* if there are any."""
    said = {"type": "string", "description": description, **more}
    return said | ({"enum": [*words]} if words else {})


def ms(description: str) -> Schema:
    """A time in ms, which is exact to the nanosecond."""
    return {"type": "number", "description": description}


def count(description: str) -> Schema:
    """A number of things or of bytes."""
    return {"type": "integer", "minimum": 0, "description": description}


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def ref(description: str, to: Schema) -> Schema:
    """A reference to the same shape as *to*, with a description of what it is here."""
    return {"description": description, **to}


def many(description: str, each: Schema) -> Schema:
    """A list."""
    return {"type": "array", "description": description, "items": each}


def row(description: str, *each: Schema) -> Schema:
    """A list of a fixed length, in which each place has its own schema."""
    return {
        "type": "array",
        "description": description,
        "prefixItems": [*each],
        "items": False,
        "minItems": len(each),
    }


def by_name(description: str, each: Schema) -> Schema:
    """An object whose names are not fixed, as those of keys or reasons."""
    return {"type": "object", "description": description, "additionalProperties": each}


def anything(description: str) -> Schema:
    """Any value, as an app, a server or a client chose it."""
    return {"description": description}


def theirs(description: str, **known: Schema) -> Schema:
    """An object of somebody else's, of which some names are *known*."""
    return {"type": "object", "description": description, "properties": known}


def maybe(schema: Schema) -> Schema:
    """The same, or null.

    >>> maybe({"type": "integer"}), maybe({"$ref": "#/$defs/close"})
    ({'type': ['integer', 'null']}, {'anyOf': [{'$ref': '#/$defs/close'}, {'type': 'null'}]})
    """
    said = dict(schema)
    if "$ref" in said:
        return {"anyOf": [{"$ref": said.pop("$ref")}, {"type": "null"}], **said}
    said["type"] = [said["type"], "null"]
    if "enum" in said:
        said["enum"] = [*said["enum"], None]
    return said

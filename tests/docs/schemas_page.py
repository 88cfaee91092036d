"""Make the tables of docs/json.md from the schemas: ``python -m tests.docs.schemas_page``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from asgi_mw.cli.schemas import PRINTED, schema_of
from asgi_mw.cli.schemas.words import SHAPES, name_of

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
MARK = "<!-- The rest of this page is made from the schemas by `make schemas`. -->\n"
_COMMANDS = """## Commands

| Command | Prints | Each is |
|---|---|---|
"""
_WORDS = {"string": "text", "boolean": "true or false"}


def page() -> str:
    """The whole page: what somebody wrote, and all that is made."""
    head, mark, _ = PAGE.read_text("utf-8").partition(MARK)
    rows = [
        f"| `{one.command}` | {'lines' if one.prints == 'lines' else 'one object'}: "
        f"{one.description[0].lower()}{one.description[1:].rstrip('.')} | "
        f"{' or '.join(_link(name_of(shape) or 'JSON Schema') for shape in one.shapes)} |\n"
        for one in PRINTED.values()
    ]
    made = [_COMMANDS + "".join(rows), *map(_section, _names())]
    return head + mark + "\n" + "\n".join(made)


def _names() -> list[str]:
    """Every shape, an exchange and its parts first."""
    return [*dict.fromkeys(chain.from_iterable(schema_of(n)["$defs"] for n in _ORDER))]


_ORDER = ["ls", "show", *PRINTED]


def _section(name: str) -> str:
    """A shape: what it is, and each of its properties."""
    shape = SHAPES[name]
    said = [f"## {name}\n", f"{shape['description']}\n"]
    if shape.get("type") != "object":
        return "\n".join(said)
    properties, base = shape["properties"], _base(name)
    if base:
        missing = [f"`{one}`" for one in SHAPES[base]["properties"] if one not in properties]
        but = f" but {' and '.join(missing)}" if missing else ""
        said.append(f"It has all that {_link(base)} has{but}, and\n")
        shared = SHAPES[base]["properties"]
        properties = {key: one for key, one in properties.items() if key not in shared}
    said += ["| Name | Value | Meaning |", "|---|---|---|"]
    for key, one in properties.items():
        may = "" if key in shape["required"] else " May be missing."
        described = one.get("description") or SHAPES[name_of(one) or ""]["description"]
        said.append(f"| `{key}` | {_value(one)} | {_cell(described)}{may} |")
    return "\n".join([*said, ""])


def _base(name: str) -> str | None:
    """The shape of which this one has nearly all, and more."""
    return {"opened": "exchange", "exported": "opened"}.get(name)


def _value(schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    name = name_of(schema)
    if name is not None:
        return _link(name)
    if "anyOf" in schema:
        return " or ".join(
            "`null`" if one == {"type": "null"} else _value(one) for one in schema["anyOf"]
        )
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not kinds:
        return "any"
    return " or ".join([_kind(kinds[0], schema), *("`null`" for _ in kinds[1:])])


def _kind(kind: str, schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"] if word is not None)
    if "prefixItems" in schema:
        return f"list: {', '.join(_value(one) for one in schema['prefixItems'])}"
    if kind == "array":
        return f"list of {_value(schema['items'])}"
    if kind == "object":
        each = schema.get("additionalProperties")
        return "object" if each is None else f"map to {_value(each)}"
    return _WORDS.get(kind, kind)


def _link(name: str) -> str:
    return f"[{name}](#{name})" if name in SHAPES else name


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

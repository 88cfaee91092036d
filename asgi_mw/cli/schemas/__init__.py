"""What each verb prints with ``--json``, as JSON Schemas of draft 2020-12."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from asgi_mw.cli.schemas import compared, done, exchange, judged
from asgi_mw.cli.schemas.words import SHAPES, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.schemas.words import Schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command prints for programs.

    Attributes:
        command: Which command.
        prints: A line for each thing, or one object.
        description: What it is, in a sentence.
        shapes: Each line, or the object, has one of these shapes.
    """

    command: str
    prints: Literal["lines", "object"]
    description: str
    shapes: tuple[Schema, ...]


def _lines(command: str, description: str, *shapes: Schema) -> Printed:
    return Printed(f"asgi-mw {command}", "lines", description, shapes)


def _object(command: str, description: str, *shapes: Schema) -> Printed:
    return Printed(f"asgi-mw {command}", "object", description, shapes)


PRINTED = {
    "check": _object("check --json", "What breaks the rules of ASGI.", judged.CHECKED),
    "conformance": _lines(
        "conformance --json",
        "What came of each check of each server; with --list, the checks.",
        done.EXAMINED,
        done.SERVER_CHECK,
    ),
    "demo": _lines(
        "demo --json",
        "What is served; with --once, each exchange, the oldest first.",
        done.DEMO,
        exchange.EXCHANGE,
    ),
    "diff": _object("diff --json", "How two sides differ.", compared.COMPARED),
    "doctor": _lines("doctor --json", "What was looked at.", done.EXAMINATION),
    "export": _object("export -o FILE --json", "What was written to the file.", done.EXPORT),
    "import": _object("import --json", "What was added.", done.IMPORT),
    "inspect": _object("inspect --json", "Where the page is.", done.INSPECT),
    "jsonl": _lines(
        "export --as jsonl", "Each exchange, the oldest first, without loss.", exchange.EXPORTED
    ),
    "keep": _lines("keep --json", "Each exchange that was marked.", done.KEPT),
    "ls": _lines("ls --json", "Each exchange, the newest last.", exchange.EXCHANGE),
    "purge": _object("purge --json", "What was removed.", done.PURGE),
    "replay": _object("replay --json", "What differs now.", compared.COMPARED),
    "rules": _lines("rules --json", "Each rule.", judged.RULE),
    "run": _object(
        "run --json",
        "What is served, and where: the first line, for the app may print, too.",
        done.RUN,
    ),
    "schema": _lines(
        "schema --json", "Each schema; the one that is named.", done.LISTED, done.SCHEMA
    ),
    "ship": _object("ship --json", "What was shipped, once it has ended.", done.SHIP),
    "show": _object("show --json", "One exchange, opened.", exchange.OPENED),
    "tail": _lines("tail --json", "Each exchange as it comes.", exchange.EXCHANGE),
}
"""Schemas by name, which is that of the command; ``jsonl`` is a file of ``export``."""


def schema_of(name: str) -> Schema:
    """The whole schema called *name*, with every shape that it refers to.

    >>> schema_of("keep")["$ref"], [*schema_of("keep")["$defs"]]
    ('#/$defs/keep', ['keep'])
    """
    printed = PRINTED[name]
    what = "One line of the output." if printed.prints == "lines" else "The output, one object."
    one, *others = printed.shapes
    whole: Schema = {
        "$schema": DRAFT,
        "title": printed.command,
        "description": f"{what} {printed.description}",
        **({"oneOf": [one, *others]} if others else one),
    }
    used: dict[str, Schema] = {}
    for shape in printed.shapes:
        _use(shape, used)
    return {**whole, "$defs": used}


def _use(schema: Schema, used: dict[str, Schema]) -> None:
    """Add each shape that *schema* refers to, also through others, to *used*."""
    for found in _references(schema):
        if found not in used:
            used[found] = SHAPES[found]
            _use(SHAPES[found], used)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        name = name_of(schema)
        if name is not None:
            yield name
        for one in schema.values():
            yield from _references(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from _references(one)

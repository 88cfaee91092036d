"""The reference names what there is: every public name, option, default and field."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import asgi_mw
from asgi_mw.events import Event, Exchange
from asgi_mw.inspector import inspect as inspect_app
from asgi_mw.layers import middleware, rules_of
from asgi_mw.logs import configure
from asgi_mw.middleware.compression import COMPRESSIBLE
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.recorder.naming import OUTCOMES
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.recorder.store import Stats, Store
from asgi_mw.redaction import Redaction
from asgi_mw.replay import Remote, Replayer
from asgi_mw.watch import watch

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference.md").read_text("utf-8")
SECTIONS = {
    name: text
    for heading, text in re.findall(r"^### (.+)\n((?:(?!##).*\n)*)", PAGE, re.MULTILINE)
    for name in re.findall(r"\w+", heading)
}
FACE = [
    alias.name
    for node in ast.parse(Path(asgi_mw.__file__).read_text("utf-8")).body
    if isinstance(node, ast.ImportFrom) and node.module != "__future__"
    for alias in node.names
]
# Defaults that are told by their names
NAMED: dict[str, Any] = {
    "new_id": "new_id",
    "perf_counter_ns": "perf_counter_ns",
    "COMPRESSIBLE": COMPRESSIBLE,
}
WITH_OPTIONS = [
    *[getattr(asgi_mw, name) for name in FACE if hasattr(getattr(asgi_mw, name), "__rules__")],
    asgi_mw.production,
    inspect_app,
    watch,
    Redaction,
    Query,
    configure,
    middleware,
]


def rows(section: str) -> list[list[str]]:
    """Split the rows of all tables of a section into their cells."""
    return [
        [cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")]
        for line in SECTIONS[section].splitlines()
        if line.startswith("| `")
    ]


def defaults(function: Any) -> dict[str, Any]:
    """The options of *function*; for a default that is a function, its name."""
    return {
        name: getattr(parameter.default, "__name__", parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def told(section: str) -> dict[str, Any]:
    """The options in the tables of a section, with their defaults."""
    table = SECTIONS[section].partition("| Option |")[2].partition("\n\n")[0]
    return {
        name: NAMED.get(value) or ast.literal_eval(value)
        for name, value in re.findall(r"^\| `(\w+)` \| `(.+?)` \|", table, re.MULTILINE)
    }


def test_every_name_of_the_face_has_a_section() -> None:
    """And the face has some."""
    assert set(FACE) - set(SECTIONS) == set()
    assert "stack" in FACE


@pytest.mark.parametrize("function", WITH_OPTIONS, ids=lambda function: function.__name__)
def test_every_option_is_told_with_its_default(function: Any) -> None:
    """In the order of the signature."""
    assert list(defaults(function).items()) == list(told(function.__name__).items())


def test_every_option_of_a_store_is_told() -> None:
    """Those of the folder, of which the memory has one."""
    spool = inspect.signature(SpoolStore).parameters
    memory = inspect.signature(MemoryStore).parameters

    assert {
        name: parameter.default for name, parameter in spool.items() if name != "folder"
    } == told("open_store")
    assert {name: parameter.default for name, parameter in memory.items()} == {
        "memory": told("open_store")["memory"]
    }


@pytest.mark.parametrize("fact", [Exchange, Event])
def test_every_field_of_a_fact_is_told(fact: Any) -> None:
    """In the order of the dataclass; its properties too."""
    assert [one.name for one in fields(fact)] == [row[0] for row in rows(fact.__name__)]
    text = SECTIONS[fact.__name__]
    extra = [
        name
        for name, value in vars(fact).items()
        if not name.startswith("_") and isinstance(value, property | type(rows))
    ]
    assert [name for name in extra if f"`{name}" not in text] == []


def test_every_member_of_a_store_is_told() -> None:
    """But for what the layer calls."""
    text = SECTIONS["open_store"]
    public = [name for name in vars(Store) if not name.startswith("_")]
    for_the_layer = {"begin", "end", "leaving", "lose"}

    assert [name for name in public if f"`{name}(" not in text and name not in for_the_layer] == []
    assert [one.name for one in fields(Stats) if f"`{one.name}`" not in text] == []


def test_the_outcomes_are_those_that_there_are() -> None:
    """None is forgotten, none made up."""
    assert set(OUTCOMES) == {row[0] for row in rows("Outcomes")}


def test_every_option_of_a_replay_is_told() -> None:
    """Those of an app, and of a server."""
    both = {**defaults(Replayer), **defaults(Remote)}
    assert told("Replayer") == both


def test_every_field_of_the_log_is_told() -> None:
    """Those that the layer's docstring names."""
    listed = str(asgi_mw.access_log.__doc__).partition("Fields of")[2].partition("Args:")[0]
    named = set(re.findall(r"``([a-z_]+)``", listed)) - {"http", "websocket", "lifespan", *OUTCOMES}
    table = SECTIONS["access_log"].partition("| Field |")[2]

    assert named - set(re.findall(r"`([a-z_]+)`", table)) == set()


def test_every_reason_to_refuse_an_order_is_told() -> None:
    """Of the layers that there are."""
    text = SECTIONS["stack"]
    for name in FACE:
        rules = rules_of(getattr(asgi_mw, name))
        others = {**rules.not_inside, **rules.not_outside}
        reasons = [reason for kind, reason in others.items() if kind in FACE]
        assert [reason for reason in [*reasons, rules.innermost] if reason not in text] == []


def test_the_changelog_has_the_version() -> None:
    """Of the package as it is installed."""
    assert version("asgi-mw") in (DOCS / "changelog.md").read_text("utf-8")

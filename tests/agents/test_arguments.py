"""What an agent gives a tool is checked, and what is wrong with it is said all at once."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.agents.arguments import Argument, checked, schema_of
from asgi_mw.errors import ConfigError

ARGUMENTS = (
    Argument(name="id", help="Which.", required=True),
    Argument(name="limit", help="How many.", kind="whole", default=20, least=1, most=100),
    Argument(name="seconds", help="How long.", kind="number", default=2.5, least=0, most=9),
    Argument(name="before", help="An id.", kind="id"),
    Argument(name="ignore", help="Names.", kind="texts", default=[], least=0, most=2),
    Argument(name="profile", help="By what.", default="spec", choices=("spec", "http")),
)
ID = "0190a1b2c3d47e8f9a0b1c2d3e4f5a6b"


def test_what_is_not_given_has_its_default() -> None:
    """``null`` is as good as not given."""
    assert {
        "id": "last",
        "limit": 20,
        "seconds": 2.5,
        "before": None,
        "ignore": [],
        "profile": "spec",
    } == checked("show", ARGUMENTS, {"id": "last", "limit": None})


def test_what_is_given_is_taken() -> None:
    """JSON has one kind of number: 20.0 is a whole one."""
    given = {
        "id": "last",
        "limit": 50.0,
        "seconds": 3,
        "before": ID,
        "ignore": ["body"],
        "profile": "http",
    }
    assert given == checked("show", ARGUMENTS, given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "id=None: is missing; Which."),
        ({"id": 7}, "id=7: is not text; give one, or leave it out"),
        ({"limit": True}, "limit=True: is not a whole number; give one, or leave it out"),
        ({"limit": 2.5}, "limit=2.5: is not a whole number; give one, or leave it out"),
        ({"limit": 0}, "limit=0: is out of range; give 1 to 100"),
        ({"limit": 101}, "limit=101: is out of range; give 1 to 100"),
        ({"seconds": "3"}, "seconds='3': is not a number; give one, or leave it out"),
        ({"seconds": float("nan")}, "seconds=nan: is out of range; give 0 to 9"),
        ({"ignore": "body"}, "ignore='body': is not a list of texts; give one, or leave it out"),
        ({"ignore": ["a", "b", "c"]}, "has too many or too few; give 0 to 2"),
        ({"before": "last"}, "is not the whole id of an exchange, as list_exchanges gives it"),
        ({"before": f"{ID}\n"}, "is not the whole id of an exchange, as list_exchanges gives it"),
        ({"profile": "htpt"}, "profile='htpt': is unknown; is it http? take one of spec, http"),
        ({"limt": 3}, "limt=3: is no argument; is it limit? take id, limit, seconds"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], said: str) -> None:
    """With what to give instead."""
    with pytest.raises(ConfigError) as refused:
        checked("show", ARGUMENTS, given if "id" in given or not given else {"id": "a", **given})
    assert said in str(refused.value)


def test_all_of_it_is_said() -> None:
    """So that one more call is enough."""
    with pytest.raises(ConfigError) as refused:
        checked("show", ARGUMENTS, {"limit": "x", "limt": 3})
    assert ["limt", "id", "limit"] == [one.option for one in refused.value.problems]


def test_the_schema_says_the_same() -> None:
    """Nothing else may be given."""
    assert {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "Which."},
            "limit": {
                "type": "integer",
                "description": "How many.",
                "minimum": 1,
                "maximum": 100,
                "default": 20,
            },
            "seconds": {
                "type": "number",
                "description": "How long.",
                "minimum": 0,
                "maximum": 9,
                "default": 2.5,
            },
            "before": {"type": "string", "description": "An id.", "pattern": "^[0-9a-f]{32}$"},
            "ignore": {
                "type": "array",
                "description": "Names.",
                "items": {"type": "string"},
                "minItems": 0,
                "maxItems": 2,
                "default": [],
            },
            "profile": {
                "type": "string",
                "description": "By what.",
                "default": "spec",
                "enum": ["spec", "http"],
            },
        },
        "required": ["id"],
        "additionalProperties": False,
    } == schema_of(ARGUMENTS)

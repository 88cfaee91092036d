from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from asgi_mw.spec.kinds import is_one_shot
from asgi_mw.spec.values import OPAQUE, no_value, recorded


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([None, True, 1, 1.5, "a", b"a", {"a": [()]}], ""),
        (2**63 - 1, ""),
        (2**63, "an integer of more than 64 bits"),
        (float("nan"), "nan"),
        ([[float("-inf")]], "-inf"),
        ({"a": {"b": object()}}, "object"),
        ({1: 1}, "a dict with a key that is int"),
        ({"a": {None: 1}}, "a dict with a key that is None"),
        (Decimal(1), "Decimal"),
        ({1}, "set"),
        (bytearray(), "bytearray"),
        (iter(()), ""),
    ],
)
def test_what_could_not_be_sent_over_a_network(value: Any, said: str) -> None:
    assert no_value(value) == said


def test_what_holds_itself_is_looked_at_for_a_bounded_time() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert no_value(loop) == ""


def test_of_what_a_recording_has_only_the_type_nobody_knows_more() -> None:
    """In dicts of it as well; a text of markup is a text."""
    found = recorded({"a": "<Address>", "tls": {"chain": "<list_iterator>"}, "b": "<p>hi</p>"})
    assert found == {"a": OPAQUE, "tls": {"chain": OPAQUE}, "b": "<p>hi</p>"}
    assert is_one_shot(OPAQUE) and no_value([OPAQUE]) == ""

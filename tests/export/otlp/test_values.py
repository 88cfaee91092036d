from __future__ import annotations

import pytest

from asgi_mw.export.otlp.values import attributes, moment, text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("é", {"stringValue": "é"}),
        ("\ud800", {"stringValue": r"\ud800"}),
        (True, {"boolValue": True}),
        (0, {"intValue": "0"}),
        (-(2**63), {"intValue": str(-(2**63))}),
        (0.5, {"doubleValue": 0.5}),
    ],
)
def test_a_value_says_its_kind(value: str | float, said: dict[str, object]) -> None:
    """Numbers of 64 bits are texts, as in the JSON of Protobuf."""
    assert attributes({"a": value}) == [{"key": "a", "value": said}]


def test_what_has_no_value_is_left_out() -> None:
    """So is a number that no receiver takes."""
    assert attributes({"a": None, "b": 2**63}) == []


def test_moments_are_those_of_64_bits() -> None:
    """Whatever a recording says."""
    assert [moment(one) for one in (-1, 5, 2**80)] == ["0", "5", str(2**63 - 1)]


def test_a_text_can_be_written() -> None:
    """A lone surrogate is said, not kept."""
    assert text("a\udcffb").encode() == rb"a\udcffb"

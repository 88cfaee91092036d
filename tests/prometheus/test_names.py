"""Names of OpenTelemetry as Prometheus has them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.prometheus.names import label_name, label_value, metric_name, unit_name


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("", ""),
        ("s", "seconds"),
        ("ms", "milliseconds"),
        ("By", "bytes"),
        ("{request}", ""),
        ("By/{request}", "bytes"),
        ("m/s", "meters_per_second"),
        ("By/m", "bytes_per_minute"),
        ("V", "volts"),
        ("1/s", "1_per_second"),
        ("furlong", "furlong"),
        ("1", ""),
    ],
)
def test_a_unit_is_a_word(unit: str, expected: str) -> None:
    """Remarks in braces are dropped."""
    assert expected == unit_name(unit)


@given(st.text())
def test_every_name_is_legal(name: str) -> None:
    """Whatever the name was."""
    assert re.fullmatch("[a-zA-Z_:][a-zA-Z0-9_:]*", metric_name(name))
    assert re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", label_name(name))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        ("\u00e9\U0001f600", "\u00e9\U0001f600"),
        ("\udc80", "?"),
        (b"\xffa", "\ufffda"),
        (1, "1"),
        (1.5, "1.5"),
        (False, "false"),
        (["a", True], '["a","true"]'),
    ],
)
def test_a_value_is_text(value: object, expected: str) -> None:
    """As JSON writes it."""
    assert expected == label_value(value)

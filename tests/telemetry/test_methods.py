"""A method is known, or it is ``_OTHER``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.errors import Problems
from asgi_mw.telemetry.methods import KNOWN, VARIABLE, Methods, methods_of


@given(st.text())
def test_what_is_not_known_is_other_and_not_kept(method: str) -> None:
    """A client can make up as many as it likes."""
    methods = Methods()
    before = len(methods)

    expected = (method, method) if method in KNOWN else ("_OTHER", "HTTP")
    assert methods[method] == expected
    assert len(methods) == before


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("GET,PURGE", ["GET", "PURGE"]), (" get , ,X ", ["X", "get"]), ("", sorted(KNOWN))],
)
def test_the_variable_is_a_full_override(
    monkeypatch: pytest.MonkeyPatch, variable: str, expected: list[str]
) -> None:
    """Case-sensitive, as methods are."""
    monkeypatch.setenv(VARIABLE, variable)

    assert sorted(methods_of(None, Problems("tracing"))) == expected

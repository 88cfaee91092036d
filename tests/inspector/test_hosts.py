"""The names of hosts and clients that can be allowed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.errors import Problems
from asgi_mw.inspector.hosts import host_of, known_clients, known_hosts


@pytest.mark.parametrize(
    ("allowed", "reason"),
    [
        ("dev.example.org", "a list is meant"),
        (7, "a list is meant"),
        ([7], "is no text"),
        (["*"], "would let every site that a browser visits read what is recorded"),
        (["dev.example.org:8000"], "has a port or a scheme"),
        (["https://dev.example.org"], "has a port or a scheme"),
        (["dev.example.org."], "is no host name in ASCII"),
        (["*.*.example.org"], "is no host name in ASCII"),
        (["dév.example.org"], "is no host name in ASCII"),
        ([""], "is no host name in ASCII"),
    ],
)
def test_a_host_that_cannot_be_allowed(allowed: Any, reason: str) -> None:
    """It is refused with the reason."""
    problems = Problems("inspect")
    known_hosts(allowed, problems)

    assert [reason] == [one.reason for one in problems.found]


@pytest.mark.parametrize("allowed", ["10.0.0.1", [7], ["x"], ["10.0.0.1/8"], ["localhost"], ["*"]])
def test_a_client_that_cannot_be_allowed(allowed: Any) -> None:
    """Addresses, networks and ``unix`` can be allowed."""
    problems = Problems("inspect")
    known_clients(allowed, problems)

    assert ["allowed_clients"] == [one.option for one in problems.found]


@given(st.text(st.characters(codec="latin-1")))
def test_no_other_host_is_known(text: str) -> None:
    """Whatever is written, only the names of this machine are."""
    known = known_hosts((), Problems("inspect"))
    host = host_of(text)
    if known(host):
        assert host is not None
        assert host in {"localhost", "127.0.0.1", "[::1]"} or host.endswith(".localhost")
        assert host == text.lower()[: len(host)]
        assert text[len(host) : len(host) + 1] in {"", ":"}

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.spec.scopes import advice_on, as_version, claimed_by, extensions_of, wrong_in
from asgi_mw.testing import http_scope, lifespan_scope, websocket_scope


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.0", (2, 0)),
        ("2.10", (2, 10)),
        ("3", (3,)),
        ("", (2, 0)),
        ("newest", (2, 0)),
        ("2.٣", (2, 0)),
        ("2.99999", (2, 0)),
        (2.3, (2, 0)),
        (None, (2, 0)),
    ],
)
def test_a_version_is_numbers_or_else_the_first(said: Any, version: tuple[int, ...]) -> None:
    assert as_version(said) == version


@pytest.mark.parametrize("asgi", [None, "3.0", {}, {"version": "3.0"}])
def test_a_server_that_claims_no_version(asgi: Any) -> None:
    assert claimed_by({"asgi": asgi}) is claimed_by({}) is None


@pytest.mark.parametrize("extensions", [None, [], "tls", 5])
def test_what_is_no_dict_offers_nothing(extensions: Any) -> None:
    assert extensions_of({"extensions": extensions}) == {}


@pytest.mark.parametrize("make", [http_scope, websocket_scope, lifespan_scope])
def test_a_scope_that_is_right(make: Any) -> None:
    assert list(wrong_in(make())) == []


@pytest.mark.parametrize("scope", [None, 5, [], "http", {}, {"type": None}, {"type": "mqtt"}])
def test_what_is_hardly_a_scope_is_looked_at_as_far_as_it_goes(scope: Any) -> None:
    assert len(list(wrong_in(scope))) == 1


def test_all_that_is_wrong_is_found_in_the_order_of_the_table() -> None:
    scope = http_scope(method="get", path=b"/", scheme="", extensions=None, asgi={"version": 3})
    assert [rule for rule, _ in wrong_in(scope)] == [
        "scope.asgi.version",
        "http.scope.path",
        "scope.method.upper-case",
        "scope.scheme.empty",
    ]


@pytest.mark.parametrize(
    ("path", "root", "count"),
    [("/api/a", "/api", 0), ("/a", "/api", 1), ("/a", "", 0), (b"/a", "/api", 0), ("/a", None, 0)],
)
def test_a_path_beside_its_root(path: Any, root: Any, count: int) -> None:
    assert len(list(advice_on({"path": path, "root_path": root}))) == count

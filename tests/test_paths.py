"""The path of a connection, as routes see it and as the client asked for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.paths import path_asked, path_within

SEGMENTS = st.lists(st.text(st.sampled_from("ab%é.~"), min_size=1), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("scope", "within", "asked"),
    [
        ({"path": "/users"}, "/users", "/users"),
        ({"path": "/users", "root_path": ""}, "/users", "/users"),
        ({"path": "/users", "root_path": None}, "/users", "/users"),
        ({"path": "/shop/users", "root_path": "/shop"}, "/users", "/shop/users"),
        ({"path": "/users", "root_path": "/shop"}, "/users", "/shop/users"),
        ({"path": "/shop//users", "root_path": "/shop/"}, "/users", "/shop/users"),
        ({"path": "/shop", "root_path": "/shop"}, "/", "/shop/"),
        ({"path": "/shopping", "root_path": "/shop"}, "/shopping", "/shop/shopping"),
        ({"path": "//users"}, "/users", "/users"),
        ({"path": ""}, "/", "/"),
        ({}, "/", "/"),
        ({"path": b"/users"}, "/", "/"),
    ],
    ids=repr,
)
def test_both_paths(scope: dict[str, Any], within: str, asked: str) -> None:
    """Under any server, whatever it leaves out."""
    assert (path_within(scope), path_asked(scope)) == (within, asked)


@given(SEGMENTS, SEGMENTS)
def test_servers_that_put_the_root_before_it_and_others_mean_the_same(
    root: list[str], inner: list[str]
) -> None:
    """As long as the app has no route that repeats the root."""
    prefix, path = "/" + "/".join(root), "/" + "/".join(inner)
    if path == prefix or path.startswith(prefix + "/"):
        return
    uvicorn = {"path": prefix + path, "root_path": prefix}
    others = {"path": path, "root_path": prefix}

    assert path_within(uvicorn) == path_within(others) == path
    assert path_asked(uvicorn) == path_asked(others) == prefix + path

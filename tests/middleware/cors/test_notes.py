"""What is unwise in a policy is built, and said to whoever asks what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import explain
from asgi_mw.middleware.cors import Policy, cors

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

NOBODY = (
    "  without any origin every page of another one is denied, "
    "and every WebSocket of a browser: name some"
)
NULL = (
    "  dangerously_allow_null_origin lets any page open WebSockets, and cookies come along: "
    "let the app ask for more than a cookie"
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Say nothing."""


@pytest.mark.parametrize(
    ("options", "notes"),
    [
        ({}, [NOBODY]),
        (
            {"websocket": "off"},
            ["  without any origin every page of another one is denied: name some"],
        ),
        ({"policies": {"/a": Policy()}}, []),
        ({"allow_origin_predicate": print}, []),
        ({"dangerously_allow_null_origin": True}, [NULL]),
        ({"dangerously_allow_null_origin": True, "websocket": "strict"}, [NULL]),
        ({"dangerously_allow_null_origin": True, "websocket": "off"}, []),
        ({"allow_origins": ["http://a.example"]}, []),
        ({"allow_origins": ["https://a.example"], "allow_credentials": True}, []),
        (
            {
                "allow_origins": ["http://localhost:3000", "http://127.0.0.1:*", "http://[::1]"],
                "allow_credentials": True,
            },
            [],
        ),
        (
            {
                "allow_origins": ["http://a.example:81", "https://b.example"],
                "allow_credentials": True,
            },
            [
                (
                    "  credentials over plain http for a.example: "
                    "whoever is on the way can put a page there; use https"
                )
            ],
        ),
        (
            {
                "allow_origins": [f"http://*.{name}.example" for name in "abcde"],
                "allow_credentials": True,
            },
            [
                (
                    "  credentials over plain http for a.example, b.example, c.example and 2 more: "
                    "whoever is on the way can put a page there; use https"
                )
            ],
        ),
        (
            {"allow_origin_regex": "https://.*", "allow_credentials": True},
            ["  allow_origin_regex='https://.*' lets any origin act for the user: narrow it"],
        ),
        ({"allow_origin_regex": "https://.*"}, []),
        ({"allow_origin_regex": r"https://[a-z]+\.example\.org", "allow_credentials": True}, []),
        (
            {
                "policies": {
                    "/a": Policy(allow_origins=["http://a.example"], allow_credentials=True)
                }
            },
            [
                (
                    "  policies['/a']: credentials over plain http for a.example: "
                    "whoever is on the way can put a page there; use https"
                )
            ],
        ),
    ],
)
def test_what_is_unwise_is_explained(options: dict[str, Any], notes: list[str]) -> None:
    """It may be needed, so it is built; who asks what stands there is told."""
    first, *rest = explain(cors(app, **options)).split("\n")

    assert first.startswith("cors(")
    assert rest == [*notes, "app"]

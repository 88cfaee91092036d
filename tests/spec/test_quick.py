from __future__ import annotations

from collections import UserDict
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.spec import quick
from asgi_mw.spec.checking import Checker
from asgi_mw.spec.quick import is_sound_scope, known, note_names
from asgi_mw.testing import http_scope, websocket_scope

if TYPE_CHECKING:
    from asgi_mw.spec import Finding


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without any that are known."""
    monkeypatch.setattr(quick, "_names", set())


def _found(scope: Any) -> list[str]:
    found: list[Finding] = []
    Checker(scope, found.append)
    return [one.rule.id for one in found]


def test_a_scope_is_sound_once_its_names_are_known() -> None:
    scope = http_scope()
    assert not is_sound_scope(scope)
    note_names(scope["headers"])
    assert is_sound_scope(scope)
    assert is_sound_scope(websocket_scope(headers=scope["headers"], extensions={}))
    assert is_sound_scope(scope | {"state": {"pool": object()}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "get"},
        {"method": []},
        {"scheme": ""},
        {"path": b"/"},
        {"raw_path": b"/?"},
        {"client": ("::1", True)},
        {"server": ("::1", None)},
        {"http_version": "3"},
        {"extensions": {"tls": {}}},
        {"state": []},
        {"state": {1: "one"}},
        {"asgi": UserDict({"version": "3.0", "spec_version": "2.3"})},
        {"asgi": {"version": 3, "spec_version": "2.3"}},
        {"headers": [(memoryview(b"accept"), b"*/*")]},
        {"headers": [(b"Accept", b"*/*")]},
        {"headers": [[b"accept", b"*/*"]]},
        {"headers": [(b"accept", "*/*")]},
        {"headers": iter(())},
    ],
)
def test_what_may_be_wrong_is_left_to_the_rules(wrong: dict[str, Any]) -> None:
    scope = http_scope()
    note_names(scope["headers"])
    assert not is_sound_scope(scope | wrong)


@pytest.mark.parametrize("scope", [None, [], {}, {"type": "http"}, {"headers": []}])
def test_what_is_hardly_a_scope_is_not_sound(scope: Any) -> None:
    assert not is_sound_scope(scope)


@pytest.mark.parametrize(
    "before",
    [
        {"type": "mqtt", "asgi": {"version": "3.0"}, "headers": [(b"X-A", b"1")]},
        {**http_scope(), "headers": [(b"X-A", b"1"), iter((b"b", b"2"))]},
        http_scope(headers=[(b"X-A", b"1")]),
        {**http_scope(), "headers": [(b"X-A", b"1"), (b"b", 2)]},
    ],
    ids=["of another protocol", "beside what is not looked at", "found", "beside what is wrong"],
)
def test_a_name_that_passed_somewhere_is_judged_elsewhere(before: Any) -> None:
    _found(before)
    assert _found(http_scope(headers=[(b"X-A", b"1")])) == ["scope.headers.lower-case"]


def test_names_are_remembered_up_to_a_number() -> None:
    note_names([(b"x" * 65, b""), (b":path", b""), ("x", b""), (b"x",), 5, [b"x", b""]])
    assert quick._names == set()
    note_names([(b"x-%d" % number, b"") for number in range(5000)])
    assert len(quick._names) == 1024


@pytest.mark.parametrize(
    ("state", "message", "after"),
    [
        ("started", {"type": "http.response.body", "body": b""}, "done"),
        ("started", {"type": "http.response.body", "body": b"", "more_body": True}, "streaming"),
        ("started", {"type": "http.response.body", "body": b"", "more_body": 1}, None),
        ("started", {"type": "http.response.body", "body": b"", "x": 1}, None),
        ("waiting", {"type": "http.response.body", "body": b""}, None),
        ("waiting", {"type": "http.response.start", "status": True, "headers": []}, None),
        ("waiting", {"type": "http.response.start", "status": 200, "headers": []}, "started"),
        (("asking", "waiting"), {"type": "http.request", "body": b""}, "asked"),
        (("asked", "waiting"), {"type": "http.request", "body": b""}, None),
        ("open", {"type": "websocket.send", "text": ""}, "open"),
        ("open", {"type": "websocket.send", "text": None}, None),
        ("open", None, None),
        ("open", {}, None),
        ("open", {"type": []}, None),
    ],
)
def test_a_message_that_is_plainly_right_leads_on(
    state: Any, message: Any, after: str | None
) -> None:
    assert known(state, message) == after

"""What the page may change, and how a request is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.testing import request
from tests.inspector.asked import Opened

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def test_recording_is_switched() -> None:
    """It is switched off and on."""
    opened = Opened()
    assert (200, {"version": 1, "on": False}) == await opened.post("/api/recording", {"on": False})
    await request(opened.app, "GET", "/unseen")
    assert not opened.store.recording
    assert [] == list(opened.store.exchanges())
    await opened.post("/api/recording", {"on": True})
    assert opened.store.recording


async def test_without_the_app_there_is_no_recording_to_switch() -> None:
    """This is so for a page over a folder: its process records nothing."""
    opened = Opened(resends=False)
    status, said = await opened.post("/api/recording", {"on": False})
    assert (409, "the app is not here") == (status, said["error"].partition(":")[0])
    assert opened.store.recording


async def test_an_exchange_is_kept() -> None:
    """It can be let go again."""
    opened = Opened()
    found = await opened.visit()
    for kept in (True, False):
        assert 200 == (await opened.post("/api/keep", {"id": found, "keep": kept}))[0]
        listed = await opened.json("/api/exchanges")
        assert kept is dict(zip(listed["columns"], listed["rows"][0], strict=True))["kept"]
    assert 404 == (await opened.post("/api/keep", {"id": "0" * 32, "keep": True}))[0]


@pytest.mark.parametrize("name", ["keep", "resend", "recording"])
@pytest.mark.parametrize(
    "given", [b"", b"[]", {}, {"id": 1}, {"id": "x", "keep": True}, {"on": 1}, {"id": "A" * 32}]
)
async def test_what_is_none_of_it(name: str, given: Any) -> None:
    """Nothing changes."""
    assert 400 == (await Opened().post(f"/api/{name}", given))[0]


@pytest.mark.parametrize("name", ["keep", "resend", "recording"])
async def test_who_has_not_entered_changes_nothing(name: str) -> None:
    """Whatever they send."""
    opened = Opened()
    given = {"on": False, "id": "0" * 32, "keep": True}

    assert 401 == (await opened.post(f"/api/{name}", given, entered=False))[0]
    assert opened.store.recording


async def test_a_request_is_sent_again_and_recorded_as_a_new_one() -> None:
    """It is marked, and has all headers except those of the connection."""
    opened = Opened()
    headers = {"host": "shop.test", "accept": "*/*", "connection": "close", "te": "trailers"}
    found = await opened.visit("GET", "/caf%C3%A9?q=1", headers=headers)
    status, said = await opened.post("/api/resend", {"id": found})
    again = opened.store.get(said["id"])
    assert again is not None

    assert (200, True, []) == (status, said["ended"], said["left_out"])
    assert ("GET", "/café", b"q=1", 200) == (
        again.method,
        again.path,
        again.scope["query_string"],
        again.status,
    )
    assert [
        (b"host", b"shop.test"),
        (b"accept", b"*/*"),
        (b"x-asgi-mw-resend", found.encode()),
    ] == [tuple(pair) for pair in again.scope["headers"]]


async def test_the_one_that_was_sent_again_can_be_too() -> None:
    """It has one mark, not two."""
    opened = Opened()
    _, first = await opened.post("/api/resend", {"id": await opened.visit()})
    _, second = await opened.post("/api/resend", {"id": first["id"]})
    again = opened.store.get(second["id"])
    assert again is not None

    assert [first["id"].encode()] == [
        value for name, value in again.scope["headers"] if name == b"x-asgi-mw-resend"
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
async def test_what_may_change_something_is_asked_for_twice(method: str) -> None:
    """After the second time it is sent, with its body and the right length."""
    opened = Opened()
    found = await opened.visit(method, "/", body=[b"a", b"bc"])
    status, said = await opened.post("/api/resend", {"id": found})
    assert (409, True, 1) == (status, said["confirm"], len(list(opened.store.exchanges())))

    status, said = await opened.post("/api/resend", {"id": found, "confirm": True})
    again = opened.store.get(said["id"])
    assert again is not None
    assert (200, b"abc", "3") == (
        status,
        again.events[0].message["body"],
        again.header("content-length"),
    )


async def test_secrets_are_left_out_and_that_is_said() -> None:
    """The mask in their place is never sent."""
    opened = Opened()
    headers = {"host": "x", "authorization": "Bearer made-up-secret", "cookie": "a=made-up-secret"}
    found = await opened.visit(headers=headers)
    _, said = await opened.post("/api/resend", {"id": found})
    again = opened.store.get(said["id"])
    assert again is not None

    assert ["header authorization", "header cookie"] == said["left_out"]
    assert (None, None) == (again.header("authorization"), again.header("cookie"))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"target": "/?api_key=made-up-secret"}, "path or query held a secret"),
        ({"method": "POST", "body": b'{"password": "made-up"}'}, "body held a secret"),
        ({"method": "POST", "body": b"x" * 100_000}, "body was not recorded whole"),
    ],
)
async def test_what_was_not_recorded_whole_is_refused(options: dict[str, Any], why: str) -> None:
    """The answer says why."""
    opened = Opened()
    headers = {"host": "x", "content-type": "application/json"}
    found = await opened.visit(**options, headers=headers)
    status, said = await opened.post("/api/resend", {"id": found, "confirm": True})

    assert (409, True) == (status, why in said["error"])


async def test_the_state_of_the_app_is_in_the_scope() -> None:
    """It is what the lifespan of the app left."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # an app
        seen.append(scope.get("state"))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    opened = Opened(app)
    opened.site.changes.lifespan = {"db": 7}
    await opened.post("/api/resend", {"id": await opened.visit()})

    assert {"db": 7} == seen[-1]


async def test_an_app_that_fails_is_recorded_as_that() -> None:
    """The page goes on."""
    opened = Opened()
    found = await opened.visit(target="/crash")
    status, said = await opened.post("/api/resend", {"id": found})
    again = opened.store.get(said["id"])

    assert (200, "error") == (status, again and again.outcome)


async def test_where_there_is_no_app() -> None:
    """This is so for a page over the recordings of others."""
    opened = Opened(resends=False)
    status, said = await opened.post("/api/resend", {"id": await opened.visit()})

    assert (409, "the app is not here") == (status, said["error"][:19])

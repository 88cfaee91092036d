"""A client that visits every endpoint of an example app, over real sockets.

The four apps answer alike, so one visit fits all of them::

    answers = await drive("http://127.0.0.1:8000", say=print)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

try:
    import httpx2 as httpx
except ImportError:
    import httpx  # type: ignore[no-redef]  # the same client under its older name
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from websockets.asyncio.client import ClientConnection

SECRETS = {
    "authorization": "made-up-bearer-5f2a",
    "cookie": "made-up-session-81c7",
    "password": "made-up-password-3e90",
    "token": "made-up-token-d4b6",
}
"""What the visit sends as secrets: none of them may turn up in a log or a recording."""

Answers: TypeAlias = dict[str, Any]


def _say_nothing(_: str) -> None:
    pass


async def drive(
    base_url: str, *, say: Callable[[str], object] = _say_nothing, step_seconds: float = 120.0
) -> Answers:
    """Visit every endpoint of the example app at *base_url*, one step after the other.

    Args:
        base_url: Such as ``http://127.0.0.1:8000``.
        say: Called with one line after each step.
        step_seconds: How long one step may take.

    Returns:
        What the client saw, by the name of the step.

    Raises:
        TimeoutError: A step took longer than *step_seconds*; a note on every exception that
            leaves here names the step.
    """
    answers: Answers = {}
    # No proxy between here and the loopback; `step_seconds` is the one time limit.
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=None) as http:  # noqa: S113
        visit = Visit(http, "ws" + base_url.removeprefix("http"))
        for step in STEPS:
            name = step.__name__
            try:
                async with asyncio.timeout(step_seconds):
                    answers[name] = await step(visit)
            except Exception as error:
                error.add_note(f"in the step {name!r} of the visit to {base_url}")
                raise
            say(f"{name.replace('_', ' ')}: {answers[name]}")
    return answers


@dataclass
class Visit:
    """What the steps share: the client, the WebSocket address, the news read so far."""

    http: httpx.AsyncClient
    ws_url: str
    news: list[str] = field(default_factory=list)

    def websocket(self, path: str) -> connect:
        """Return a WebSocket to *path*, as ``async with`` wants it."""
        return connect(f"{self.ws_url}{path}", proxy=None)

    async def poll(self) -> int:
        """Long-poll the feed once and return the status: 204 if nothing happened."""
        response = await self.http.get(f"/changes/{len(self.news)}")
        self.news += response.json() if response.status_code == 200 else []
        return response.status_code

    async def hear_of(self, start: str) -> str:
        """Long-poll until the feed has a new line that begins with *start*, and return it."""
        seen = len(self.news)
        while True:
            for line in self.news[seen:]:
                if line.startswith(start):
                    return line
            await self.poll()


async def startup_state(visit: Visit) -> str:
    """Read the line that the app's lifespan wrote before the first request."""
    await visit.poll()
    return visit.news[0]


async def get_json(visit: Visit) -> Answers:
    """Read a user, with an id of the client's own and secrets in every usual place."""
    response = await visit.http.get(
        "/users/1",
        params={"token": SECRETS["token"], "page": "1"},
        headers={
            "x-request-id": "visit-0001",
            "authorization": f"Bearer {SECRETS['authorization']}",
            "cookie": f"session={SECRETS['cookie']}",
        },
    )
    return {"status": response.status_code, "body": response.json()}


async def post_json(visit: Visit) -> Answers:
    """Create a user."""
    user = {"name": "Lin", "password": SECRETS["password"]}
    response = await visit.http.post("/users", json=user)
    return {"status": response.status_code, "body": response.json()}


async def handled_errors(visit: Visit) -> list[int]:
    """Ask for what is not there and send what is no user: 404, 422."""
    absent = await visit.http.get("/users/999", headers={"x-request-id": "visit-0002"})
    invalid = await visit.http.post("/users", json={"nickname": "Lin"})
    return [absent.status_code, invalid.status_code]


async def upload(visit: Visit) -> Answers:
    """Send a file of 100,000 bytes as a multipart form."""
    response = await visit.http.post("/upload", files={"file": ("noise.bin", b"\x00" * 100_000)})
    return {"status": response.status_code, "size": response.json()["size"]}


async def stream(visit: Visit) -> list[str]:
    """Read a body that is sent piece by piece."""
    async with visit.http.stream("GET", "/stream") as response:
        return [line async for line in response.aiter_lines()]


async def server_sent_events(visit: Visit) -> list[str]:
    """Read Server-Sent Events and return the data of each."""
    async with visit.http.stream("GET", "/events") as response:
        lines = [line async for line in response.aiter_lines()]
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


async def long_poll(visit: Visit) -> Answers:
    """Wait for news that another request makes; then wait in vain."""
    await visit.poll()  # what happened before
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(visit.hear_of("created Mae"))
        tasks.create_task(visit.http.post("/users", json={"name": "Mae"}))
    return {"heard": waiting.result(), "then": await visit.poll()}


async def background_task(visit: Visit) -> Answers:
    """Get an answer at once, and hear later that the work is done."""
    response = await visit.http.post("/users/1/welcome", headers={"x-request-id": "visit-0003"})
    return {"status": response.status_code, "heard": await visit.hear_of("welcomed Ada")}


async def mounted_app(visit: Visit) -> Answers:
    """Ask the mounted sub-app where it is."""
    response = await visit.http.get("/admin/health")
    return {"status": response.status_code, "body": response.json()}


async def unhandled_error(visit: Visit) -> int:
    """Call a handler that raises."""
    # Servers hang up after an exception, and a kept connection would be used again before that.
    response = await visit.http.get("/crash", headers={"connection": "close"})
    return response.status_code


async def leave_mid_stream(visit: Visit) -> Answers:
    """Hang up after the first piece of a slow stream, and hear whether the app noticed."""
    async with visit.http.stream("GET", "/ticks") as response:
        first = await anext(response.aiter_text())
    return {"first": first, "heard": await visit.hear_of("ticks: ")}


async def websocket_echo(visit: Visit) -> Answers:
    """Send text and bytes, hear them again, and close with a code and a reason."""
    sent: list[str | bytes] = ["one", "two", b"\x00\xff"]
    async with visit.websocket(f"/ws/echo?token={SECRETS['token']}") as websocket:
        heard = []
        for message in sent:
            await websocket.send(message)
            heard.append(await websocket.recv())
        await websocket.close(4001, "heard enough")
    return {"heard": heard, "code": websocket.close_code}


async def websocket_broadcast(visit: Visit) -> Answers:
    """Talk in a room of two: each hears both."""
    async with visit.websocket("/ws/room") as ann, visit.websocket("/ws/room") as bob:
        # Both hear "2 here" once the second has joined: from then on nothing is missed.
        await _hear(ann, "2 here")
        await _hear(bob, "2 here")
        await ann.send("hello from Ann")
        await _hear(bob, "hello from Ann")
        await bob.send("hello from Bob")
        return {
            "ann": [await ann.recv(), await ann.recv()],
            "bob": ["hello from Ann", await bob.recv()],
        }


async def _hear(websocket: ClientConnection, text: str) -> None:
    while await websocket.recv() != text:
        pass


STEPS: tuple[Callable[[Visit], Awaitable[object]], ...] = (
    startup_state,
    get_json,
    post_json,
    handled_errors,
    upload,
    stream,
    server_sent_events,
    long_poll,
    background_task,
    mounted_app,
    unhandled_error,
    leave_mid_stream,
    websocket_echo,
    websocket_broadcast,
)

"""What is logged, at which level, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import ConfigError, access_log
from asgi_mw.redaction import Redaction
from asgi_mw.testing import http_scope, idle, lifespan, play, request, websocket

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

SECOND = 1_000_000_000
BODY: Message = {"type": "http.response.body", "body": b"abc"}


class Memory:
    """A logger that keeps the level and the fields."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        """Take an event."""
        self.events.append(("info", fields))

    def warning(self, event: str, **fields: Any) -> None:
        """Take a warning."""
        self.events.append(("warning", fields))

    def error(self, event: str, **fields: Any) -> None:
        """Take an error."""
        self.events.append(("error", fields))


def answering(status: int = 200, *, error: Exception | None = None) -> App:
    """Answer, then raise *error* if there is one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send(BODY)
        if error is not None:
            raise error

    return app


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Return without a word."""


async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
    """Read until nothing comes."""
    await receive()
    await receive()


async def accepting(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, and raise once the client has closed."""
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    if scope["path"] == "/broken":
        raise LookupError("mine")


async def denying(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a handshake with 503."""
    await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
    await send({"type": "websocket.http.response.body"})


async def test_a_sample_of_nothing_still_logs_every_problem() -> None:
    """Errors, 5xx, and whatever is not complete, on both kinds of connection."""
    memory = Memory()

    def sampled(app: App) -> App:
        return access_log(app, logger=memory, sample=0.0, slow=3600)

    await request(sampled(answering(200)))
    await request(sampled(answering(404)))
    await websocket(sampled(accepting))
    dropped = len(memory.events)
    await request(sampled(answering(500)))
    await request(sampled(answering(500, error=LookupError())))
    await request(sampled(silent))
    await request(sampled(waiting), disconnect=idle())
    await request(sampled(waiting), cancel=idle())

    assert dropped == 0
    assert [fields["outcome"] for _, fields in memory.events] == [
        "complete", "error", "incomplete", "client_gone", "cancelled",
    ]  # fmt: skip


async def test_a_failed_handshake_is_never_sampled_out() -> None:
    """A 503 is an error on a WebSocket as well."""
    memory = Memory()
    await websocket(access_log(denying, logger=memory, sample=0.0))

    assert [(level, fields["status"]) for level, fields in memory.events] == [("error", 503)]


async def test_what_left_the_app_is_never_sampled_out() -> None:
    """Though the client had closed in order before."""
    memory = Memory()
    await websocket(access_log(accepting, logger=memory, sample=0.0), "/broken")

    assert [fields["error"] for _, fields in memory.events] == ["LookupError: mine"]


@pytest.mark.parametrize(
    ("duration", "logged"), [(0, 0), (SECOND - 1, 0), (SECOND, 1), (60 * SECOND, 1)]
)
async def test_what_is_slow_is_never_sampled_out(duration: int, logged: int) -> None:
    """From the limit on."""
    memory = Memory()
    moments = iter([0, 0, 0, *[duration] * 9])
    layered = access_log(answering(), logger=memory, sample=0.0, slow=1.0, clock=moments.__next__)
    await request(layered)

    assert len(memory.events) == logged


async def test_a_sample_of_a_half_logs_about_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn when the connection ends."""
    memory = Memory()
    drawn = iter([0.0, 0.49, 0.5, 0.99])
    monkeypatch.setattr("random.random", lambda: next(drawn))
    layered = access_log(answering(), logger=memory, sample=0.5, slow=3600)
    for _ in range(4):
        await request(layered)

    assert len(memory.events) == 2


async def test_paths_are_skipped_exactly() -> None:
    """Whatever the outcome, on both kinds of connection."""
    memory = Memory()
    layered = access_log(answering(500), logger=memory, skip=["/health"])
    for target in ("/health", "/health?x=1", "/health/", "/healthy"):
        await request(layered, "GET", target)
    await websocket(layered, "/health")

    assert [fields["path"] for _, fields in memory.events] == ["/health/", "/healthy"]


async def test_a_skipped_connection_passes_untouched() -> None:
    """The very scope."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    scope = http_scope("GET", "/health")
    await play(access_log(app, logger=Memory(), skip=["/health"]), scope)

    assert scopes[0] is scope


async def test_a_predicate_skips_by_the_scope() -> None:
    """One that raises skips nothing."""
    memory, broken = Memory(), Memory()

    def is_head(scope: Scope) -> bool:
        return bool(scope["method"] == "HEAD")

    layered = access_log(answering(), logger=memory, skip=is_head)
    await request(layered, "HEAD")
    await request(layered, "GET")
    await request(access_log(answering(), logger=broken, skip=lambda scope: scope["nothing"]))

    assert [fields["method"] for _, fields in memory.events] == ["GET"]
    assert len(broken.events) == 1


async def test_a_predicate_may_skip_the_lifespan() -> None:
    """Its scope is one as well."""
    memory = Memory()
    await lifespan(
        access_log(silent, logger=memory, skip=lambda scope: scope["type"] == "lifespan")
    )

    assert memory.events == []


async def test_the_client_is_found_behind_trusted_proxies() -> None:
    """And nowhere else."""
    trusting, doubting = Memory(), Memory()
    headers = {"x-forwarded-for": "6.6.6.6, 203.0.113.7"}
    await request(
        access_log(answering(), logger=trusting, trusted_proxies=["127.0.0.0/8"]), headers=headers
    )
    await request(access_log(answering(), logger=doubting), headers=headers)

    assert [memory.events[0][1]["client"] for memory in (trusting, doubting)] == [
        "203.0.113.7",
        "127.0.0.1",
    ]


async def test_a_redaction_of_ones_own() -> None:
    """Names may be shown that are masked by default."""
    memory = Memory()
    redact = Redaction(show=["token"])
    await request(access_log(answering(), logger=memory, redact=redact), "GET", "/?token=a")

    assert memory.events[0][1]["query"] == "token=a"


ODD: list[tuple[dict[str, Any], str]] = [
    ({"logger": 5}, "logger"),
    ({"redact": "token"}, "redact"),
    ({"sample": 1.1}, "sample"),
    ({"sample": True}, "sample"),
    ({"slow": -1}, "slow"),
    ({"slow": 1e300}, "slow"),
    ({"skip": "/health"}, "skip"),
    ({"headers": "referer"}, "headers"),
    ({"headers": b"referer"}, "headers"),
    ({"headers": ["a b"]}, "headers"),
    ({"headers": ["\udc80"]}, "headers"),
    ({"headers": 5}, "headers"),
    ({"headers": None}, "headers"),
    ({"trusted_proxies": "10.0.0.0/8"}, "trusted_proxies"),
    ({"trusted_proxies": 5}, "trusted_proxies"),
    ({"clock": 5}, "clock"),
]


@pytest.mark.parametrize(("options", "option"), ODD, ids=repr)
def test_an_option_that_cannot_be_right_is_told(options: dict[str, Any], option: str) -> None:
    """A logger of the standard library too: it takes no fields."""
    with pytest.raises(ConfigError) as caught:
        access_log(answering(), **options)

    assert {problem.option for problem in caught.value.problems} == {option}

"""Apps that break the lifespan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import body, down, down_failed, start, up, up_failed

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

LIVES = Shelf(on="lifespan")
breaks = LIVES.app

_TWICE, _DOWN = "lifespan.startup.twice", "lifespan.shutdown.twice"


@breaks("scope.not-refused")
async def ignores_the_lifespan(scope: Any, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send(start())


@breaks("lifespan.startup.no-answer")
async def hears_of_the_startup_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await receive()


@breaks("lifespan.returned-early")
async def is_up_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())


@breaks("lifespan.shutdown.no-answer")
async def hears_of_the_shutdown_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()


@breaks("lifespan.startup.unasked")
async def is_up_unasked(scope: Any, receive: Receive, send: Send) -> None:
    await send(up())
    await receive()
    await send(up())
    await receive()
    await send(down())


@breaks("lifespan.shutdown.unasked")
async def is_down_unasked(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await send(down())
    await receive()
    await send(down())


@breaks("lifespan.shutdown.unasked", "lifespan.startup.no-answer")
async def is_down_at_once(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(down())


@breaks(_TWICE)
async def is_up_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await send(up())
    await receive()
    await send(down())


@breaks(_TWICE)
async def is_up_and_failed(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up_failed())
    await send(up())


@breaks(_TWICE)
async def is_up_once_more_at_its_shutdown(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()
    await send(up())
    await send(down())


@breaks(_DOWN)
async def is_down_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()
    await send(down())
    await send(down_failed())


@breaks("lifespan.startup.failed.message", _TWICE)
async def fails_with_an_exception(scope: Any, receive: Receive, send: Send) -> None:
    """It says so with the exception itself, and goes on."""
    await receive()
    await send(up_failed(b"no disk"))
    await send(up())
    raise OSError


@breaks("lifespan.startup.failed.message")
async def fails_with_None(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await receive()
    await send(up_failed(None))


@breaks("lifespan.shutdown.failed.message")
async def fails_to_go_down_with_a_list(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()
    await send(down_failed(["stuck"]))


@breaks("message.unknown", "lifespan.startup.no-answer")
async def completes_without_saying_what(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.complete"})


@breaks("message.protocol", "message.protocol", "lifespan.startup.no-answer")
async def answers_the_startup_like_a_request(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(start())
    await send(body())


@breaks("lifespan.raised-late")
async def raises_while_it_is_up(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    raise ValueError


@breaks("lifespan.raised-late")
async def raises_at_its_shutdown(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()
    raise ValueError


@breaks("advice.lifespan.raised", profile="advice")
async def raises_at_its_startup(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    raise OSError


@breaks("message.values")
async def is_up_with_an_object(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up(pool=object()))
    await receive()
    await send(down())

"""What the page may do: mark exchanges, switch the recording, send a request to the app again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from asgi_mw.inspector.again import NotAgainError, request_of
from asgi_mw.inspector.resend import resend
from asgi_mw.parts import SAFE

if TYPE_CHECKING:
    from asgi_mw.inspector.replies import Reply
    from asgi_mw.inspector.source import Source
    from asgi_mw.types import App, Receive

ID = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 65_536
_NO_APP = "the app is not here: this page only reads what it recorded"
_NO_SUCH = "there is no exchange with this id, or no more"


class Changes:
    """Answers the POST requests of the page.

    Args:
        source: The store.
        app: The app that records into the store; ``None`` if this process has none.

    Attributes:
        lifespan: The app's own state, from its lifespan.
    """

    def __init__(self, source: Source, app: App | None) -> None:
        self._source = source
        self._app = app
        self.lifespan: dict[str, Any] | None = None

    async def __call__(self, reply: Reply, name: str, given: dict[str, Any]) -> None:
        """Make the change called *name*, with what was *given*."""
        match name, given:
            case "recording", {"on": bool()} if self._app is None:
                await reply.refuse(409, _NO_APP)
            case "recording", {"on": bool(on)}:
                self._source.store.recording = on
                await reply.say({"on": on})
            case "keep", {"id": str(found), "keep": bool(kept)} if ID.fullmatch(found):
                why = await to_thread.run_sync(lambda: self._source.keep(found, kept=kept))
                if why:
                    await reply.refuse(404, why)
                else:
                    await reply.say({"id": found, "kept": kept})
            case "resend", {"id": str(found)} if ID.fullmatch(found):
                await self._resend(reply, found, confirmed=given.get("confirm") is True)
            case _:
                await reply.refuse(400, f"this is not what {name} takes")

    async def _resend(self, reply: Reply, found: str, *, confirmed: bool) -> None:
        if self._app is None:
            await reply.refuse(409, _NO_APP)
            return
        exchange = await to_thread.run_sync(self._source.store.get, found)
        if exchange is None:
            await reply.refuse(404, _NO_SUCH)
            return
        try:
            request = request_of(exchange, self.lifespan)
        except NotAgainError as error:
            await reply.refuse(409, f"this cannot be sent again: {error}")
            return
        left_out = list(request.left_out)
        if exchange.method not in SAFE and not confirmed:
            reason = f"{exchange.method} may change something: confirm it"
            await reply.refuse(409, reason, confirm=True, left_out=left_out)
            return
        resent = await resend(self._app, request, self._source.store)
        await reply.say({**resent._asdict(), "left_out": left_out})


async def posted(receive: Receive) -> dict[str, Any] | None:
    """The JSON object in a request's body; ``None`` if the body is no object, or is too long."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body") or b""
        if len(body) > _MOST_BYTES:
            return None
        if not message.get("more_body"):
            break
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

"""Write down what passes between a server and an app, without a line of the package under test.

It stands outermost in every run, the one without our layers too, so that log, span and recording
can be compared with what an independent observer saw.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from typing import TextIO

    from asgi_mw.types import App, Message, Receive, Scope, Send

_FACTS = ("status", "code", "reason", "more_body")


def observed(app: App, notes: TextIO) -> App:
    """Wrap *app* to write a line of JSON to *notes* for all that passes."""
    numbers = count()

    def note(call: int, **facts: Any) -> None:
        notes.write(json.dumps({"call": call, **facts}) + "\n")
        notes.flush()

    async def observing(scope: Scope, receive: Receive, send: Send) -> None:
        call, places = next(numbers), count()
        given = set(scope)
        version = scope.get("http_version")
        note(call, type=scope["type"], case=_case(scope), path=scope.get("path"), version=version)

        async def receive_noted() -> Message:
            place = next(places)
            note(call, receives=place)
            try:
                message = await receive()
            except BaseException as error:
                note(call, failed=place, error=_named(error))
                raise
            note(call, returned=place, **_facts(message))
            return message

        async def send_noted(message: Message) -> None:
            place = next(places)
            note(call, sends=place, **_facts(message))
            try:
                await send(message)
            except BaseException as error:
                note(call, failed=place, error=_named(error))
                raise
            note(call, returned=place)

        try:
            await app(scope, receive_noted, send_noted)
        except BaseException as error:
            note(call, ended=_named(error), left=sorted(set(scope) - given))
            raise
        note(call, ended="returned", left=sorted(set(scope) - given))

    return observing


def _case(scope: Scope) -> str:
    """The name of what the client does, which it sends in the query."""
    query = parse_qs((scope.get("query_string") or b"").decode("latin-1"))
    return str(query.get("case", [""])[0])


def _facts(message: Message) -> dict[str, Any]:
    facts = {name: message[name] for name in _FACTS if isinstance(message.get(name), (int, str))}
    payload = message.get("body") or message.get("bytes") or message.get("text") or b""
    size = len(payload.encode()) if isinstance(payload, str) else len(payload)
    return {"type": str(message.get("type")), "size": size, **facts}


def _named(error: BaseException) -> str:
    """The meaning of *error*: the client is gone, the app is cancelled, or the app raises."""
    if isinstance(error, OSError):
        return f"gone: {type(error).__name__}"
    if not isinstance(error, Exception):
        return f"cancelled: {type(error).__name__}"
    return f"raised: {type(error).__name__}"

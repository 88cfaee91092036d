"""Run a compiled policy: preflights, responses and handshakes pass here."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from asgi_mw.awaiting import awaited
from asgi_mw.connection import joined
from asgi_mw.middleware.cors.denial import deny, note, of_origin, reads
from asgi_mw.middleware.cors.handshake import is_welcome, refuse
from asgi_mw.middleware.cors.origins import lines
from asgi_mw.middleware.cors.preflight import PREFLIGHT_VARY, Denied, read
from asgi_mw.middleware.cors.responses import DENIED, decorated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from asgi_mw.middleware.cors.paths import Choice
    from asgi_mw.middleware.cors.policy import Compiled
    from asgi_mw.refusals import Refusals
    from asgi_mw.types import A, Message, Receive, Scope, Send


@awaited("send_decorated")
def guard(app: A, default: Compiled, choose: Choice | None, refusals: Refusals) -> A:
    """*app* behind the policy that *choose* gives for a scope; without it, behind *default*."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":  # noqa: PLR1714  # a set would hash an Enum
            await app(scope, receive, send)
            return
        headers = scope.get("headers") or ()
        if headers.__class__ is not list or headers[0].__class__ is not tuple:
            scope, connection = joined(scope)
            headers = connection.headers
        policy = default if choose is None else choose(scope)
        if policy is None:
            await app(scope, receive, send)
            return
        if kind == "websocket":
            if await is_welcome(policy, scope):
                await app(scope, receive, send)
            else:
                await refuse(policy, scope, receive, send, refusals)
            return
        granted = policy.always
        methods: Sequence[bytes] = ()
        if scope.get("method") == "OPTIONS":
            origins, methods, names = read(headers)
        else:
            origins = lines(headers, b"origin") if granted is None else ()
        if granted is None and len(origins) == 1:
            granted = policy.exact.get(origins[0])
            if granted is None and policy.further:
                granted = await policy.admit(origins[0], scope)
        if methods and origins:
            # With several Origin lines, nobody knows which one a server or proxy uses
            if granted is None or len(origins) != 1:
                why = of_origin(origins)
                note(refusals, scope, why, debug=policy.debug)
                await deny(send, why, PREFLIGHT_VARY, debug=policy.debug)
                return
            answer = policy.preflight.answer(methods, names)
            if isinstance(answer, Denied):
                note(refusals, scope, answer, debug=policy.debug)
                await deny(send, answer, PREFLIGHT_VARY, debug=policy.debug)
                return
            origin = origins[0] if policy.always is None else b"*"
            headers = [PREFLIGHT_VARY, (b"access-control-allow-origin", origin), *answer]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        extra = DENIED if granted is None else granted
        if granted is None and origins and reads(headers, origins):
            note(refusals, scope, of_origin(origins), debug=policy.debug)

        def send_decorated(message: Message) -> Awaitable[None]:
            if message.get("type") == "http.response.start":
                message = decorated(message, extra)
            return send(message)

        await app(scope, receive, send_decorated)

    return cast("A", guarded)

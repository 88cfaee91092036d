"""Guard WebSocket handshakes: browsers let any page open one, and leave the check to the server.

`RFC 6455 10.2 <https://www.rfc-editor.org/rfc/rfc6455#section-10.2>`_: a server that is not meant
for every page should verify the ``Origin``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.middleware.cors.denial import deny, note, of_origin
from asgi_mw.middleware.cors.origins import all_lines

if TYPE_CHECKING:
    from asgi_mw.middleware.cors.policy import Compiled
    from asgi_mw.refusals import Refusals
    from asgi_mw.types import Receive, Scope, Send

# RFC 6455 7.4.1: policy violation.  Most servers answer 403 to a close before the acceptance;
# one that completes the handshake first sends the client this code
_POLICY_VIOLATION = 1008


async def is_welcome(policy: Compiled, scope: Scope) -> bool:
    """Whether the handshake in *scope* may reach the app.

    A handshake without ``Origin`` is not from a browser: its client can set any header, so that
    checking it protects nobody.  ``"strict"`` refuses it all the same.
    """
    if policy.websocket == "off":
        return True
    if policy.websocket == "same" and policy.always is not None:
        return True
    origins = all_lines(scope.get("headers") or (), b"origin")
    if not origins:
        return policy.websocket == "same"
    return len(origins) == 1 and await policy.admit(origins[0], scope) is not None


async def refuse(
    policy: Compiled, scope: Scope, receive: Receive, send: Send, refusals: Refusals
) -> None:
    """Answer 403 in the app's place: by the denial extension, or by closing before accepting.

    The server answers the close with 403 (`WebSocket, Close
    <https://asgi.readthedocs.io/en/latest/specs/www.html#close-send-event>`_).
    """
    message = await receive()
    if message.get("type") != "websocket.connect":
        return  # the client left
    why = of_origin(all_lines(scope.get("headers") or (), b"origin"))
    note(refusals, scope, why, debug=policy.debug)
    if "websocket.http.response" in (scope.get("extensions") or ()):
        await deny(send, why, debug=policy.debug, prefix="websocket.http")
        return
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

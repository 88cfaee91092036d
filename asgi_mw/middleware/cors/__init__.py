"""CORS by the Fetch standard: which pages of other origins may use the app, WebSockets included.

Policy stands apart from execution: options are checked and compiled in :mod:`.policy`, this file
only runs what was compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.headers import settle
from asgi_mw.layers import middleware
from asgi_mw.messages import STARTS
from asgi_mw.middleware.cors.denial import deny, of_origin
from asgi_mw.middleware.cors.handshake import is_welcome, refuse
from asgi_mw.middleware.cors.notes import closed
from asgi_mw.middleware.cors.origins import origin_lines
from asgi_mw.middleware.cors.paths import compile_policies
from asgi_mw.middleware.cors.policy import Policy, compile_policy
from asgi_mw.middleware.cors.preflight import PREFLIGHT_VARY, Denied, read
from asgi_mw.middleware.cors.responses import DENIED, decorated
from asgi_mw.routes import KEY, holder, publish

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Collection, Sequence

    from asgi_mw.middleware.cors.paths import Policies
    from asgi_mw.middleware.cors.policy import Predicate, WebSocketMode
    from asgi_mw.routes import Shared
    from asgi_mw.types import App, Message, Receive, Scope, Send

__all__ = ["Policy", "cors"]


@middleware(kind="cors")
def cors(
    app: App,
    *,
    allow_origins: Collection[str] = (),
    allow_origin_regex: str | re.Pattern[str] | None = None,
    allow_origin_predicate: Predicate | None = None,
    allow_methods: Collection[str] = ("GET",),
    allow_headers: Collection[str] = (),
    allow_credentials: bool = False,
    expose_headers: Collection[str] = (),
    max_age: int | None = 600,
    websocket: WebSocketMode = "same",
    policies: Policies | None = None,
    debug: bool = False,
    dangerously_allow_null_origin: bool = False,
    dangerously_allow_public_suffixes: bool = False,
    dangerously_allow_schemes: Collection[str] = (),
) -> App:
    """Let pages of other origins use *app*, by the `Fetch standard`_.

    A preflight (``OPTIONS`` with ``Origin`` and ``Access-Control-Request-Method``) is answered
    here: 204 if all that it asks for is allowed, else an empty 403.  Every other HTTP request
    reaches *app*, and every response of it gets the headers of the policy in the place of its
    own.  A WebSocket handshake from a page of another origin is answered 403.  Lifespan passes
    untouched.

    Args:
        allow_origins: As browsers write them, ``https://example.org``; compared byte for byte.
            ``https://*.example.org`` stands for one or more labels before the domain and not
            for the domain, ``https://example.org:*`` for any port.  ``["*"]`` alone lets
            everybody read, without credentials.
        allow_origin_regex: Matches whole origins as well; it sees nothing but origins, of at
            most 267 bytes, and never ``null``.
        allow_origin_predicate: Asked last, with the origin and the scope; may be async.  Only
            ``True`` allows.
        allow_methods: ``GET``, ``HEAD`` and ``POST`` always pass.  ``["*"]`` stands for all.
        allow_headers: Request headers; ``Accept``, ``Accept-Language``, ``Content-Language``,
            ``Content-Type`` and ``Range`` always pass.  ``["*"]`` stands for all,
            ``Authorization`` among them: the names that were asked for are the answer, since
            the literal ``*`` of the standard does not cover it.
        allow_credentials: Whether cookies and the like may come along.
        expose_headers: Response headers that a page may read; those that *app* exposes itself
            on a response stay.
        max_age: Seconds for which a browser may keep the answer to a preflight, at most 86,400;
            ``None`` leaves it to the browser (5 s).
        websocket: ``"same"``: handshakes are let in by the same origins, or without ``Origin``
            (which is no browser's); ``"strict"``: not without; ``"off"``: all are.  The origin
            of the app's own pages has to be allowed as well.
        policies: Other policies for some paths: a mapping of path prefixes, or pairs of a
            prefix or a predicate on the scope and a policy.  The first match wins; the options
            above hold where there is none, and should be the strictest: a path may be spelled
            in a way that no prefix matches, and reach the app all the same.  ``Policy()`` lets
            nobody in; ``None`` switches the layer off: WebSockets from any page are let in, and
            what *app* says about CORS itself stays.
        debug: Whether a denial says why, in its body and in the log.
        dangerously_allow_null_origin: Let the origin ``null`` in, which any page can take.
        dangerously_allow_public_suffixes: Let ``https://*.co.uk`` be written.
        dangerously_allow_schemes: Further schemes of exact origins, as ``chrome-extension``.

    .. _Fetch standard: https://fetch.spec.whatwg.org/#http-cors-protocol

    Raises:
        ConfigError: Some of this would be unsafe or could never match; it holds all problems.

    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 204})
    ...     await send({"type": "http.response.body"})
    >>> layered = cors(app, allow_origins=["https://*.example.org"])
    >>> run(request(layered, headers={"origin": "https://shop.example.org"})).headers
    [(b'vary', b'Origin'), (b'access-control-allow-origin', b'https://shop.example.org')]
    >>> run(request(layered, headers={"origin": "https://example.com"})).headers
    [(b'vary', b'Origin')]
    """
    problems = Problems("cors")
    faults = Faults("cors")
    policy = Policy(
        allow_origins=allow_origins,
        allow_origin_regex=allow_origin_regex,
        allow_origin_predicate=allow_origin_predicate,
        allow_methods=allow_methods,
        allow_headers=allow_headers,
        allow_credentials=allow_credentials,
        expose_headers=expose_headers,
        max_age=max_age,
        websocket=websocket,
        debug=debug,
        dangerously_allow_null_origin=dangerously_allow_null_origin,
        dangerously_allow_public_suffixes=dangerously_allow_public_suffixes,
        dangerously_allow_schemes=dangerously_allow_schemes,
    )
    default = compile_policy(policy, problems, faults)
    choose, notes = compile_policies(policies, default, problems, faults)
    problems.check()
    if choose is None and default.closed:
        notes = (closed(websocket=websocket),)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":  # noqa: PLR1714  # a set would hash an Enum
            await app(scope, receive, send)
            return
        shared = None
        headers = scope.get("headers") or ()
        if headers.__class__ is not list or headers[0].__class__ is not tuple:
            settled = settle(scope)
            if settled is not scope:
                shared = settled[KEY] = holder(scope)
                headers = settled["headers"]
                scope, send = settled, _publishing(settled, shared, send)
        try:
            policy = default if choose is None else choose(scope)
            if policy is None:
                await app(scope, receive, send)
                return
            if kind == "websocket":
                if await is_welcome(policy, scope):
                    await app(scope, receive, send)
                else:
                    await refuse(policy, scope, receive, send)
                return
            granted = policy.always
            methods: Sequence[bytes] = ()
            if scope.get("method") == "OPTIONS":
                origins, methods, names = read(headers)
            else:
                origins = origin_lines(headers) if granted is None else ()
            if granted is None and len(origins) == 1:
                granted = policy.exact.get(origins[0])
                if granted is None and policy.further:
                    granted = await policy.admit(origins[0], scope)
            if methods and origins:
                # Of several Origin lines nobody knows which one a server or proxy goes by
                if granted is None or len(origins) != 1:
                    await deny(send, of_origin(origins), PREFLIGHT_VARY, debug=policy.debug)
                    return
                answer = policy.preflight.answer(methods, names)
                if isinstance(answer, Denied):
                    await deny(send, answer, PREFLIGHT_VARY, debug=policy.debug)
                    return
                origin = origins[0] if policy.always is None else b"*"
                headers = [PREFLIGHT_VARY, (b"access-control-allow-origin", origin), *answer]
                await send({"type": "http.response.start", "status": 204, "headers": headers})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            extra = DENIED if granted is None else granted

            def send_decorated(message: Message) -> Awaitable[None]:
                if message.get("type") == "http.response.start":
                    message = decorated(message, extra)
                return send(message)

            await app(scope, receive, send_decorated)
        finally:
            if shared is not None:
                publish(scope, shared)

    vars(guarded)["__notes__"] = (*default.notes, *notes)
    return guarded


def _publishing(scope: Scope, shared: Shared, send: Send) -> Send:
    """*send*, telling the layers outside which route the copied *scope* shows."""

    def send_published(message: Message) -> Awaitable[None]:
        if message.get("type") in STARTS:
            publish(scope, shared)
        return send(message)

    return send_published

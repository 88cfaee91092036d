"""CORS by the Fetch standard: which pages of other origins may use the app, WebSockets included.

Policy stands apart from execution: options are checked and compiled in :mod:`.policy`, and
:mod:`.guard` only runs what was compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.layers import middleware
from asgi_mw.middleware.cors.options import Policy

if TYPE_CHECKING:
    import re
    from collections.abc import Collection

    from asgi_mw.middleware.cors.options import Predicate, WebSocketMode
    from asgi_mw.middleware.cors.paths import Policies
    from asgi_mw.types import A

__all__ = ["Policy", "cors"]


@middleware(kind="cors")
def cors(
    app: A,
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
) -> A:
    """Let pages of other origins use *app*, by the `Fetch standard`_.

    The layer answers a preflight (``OPTIONS`` with ``Origin`` and
    ``Access-Control-Request-Method``): 204 if everything it asks for is allowed, otherwise an
    empty 403.  Every other HTTP request reaches *app*, and the headers of the policy replace
    those of its response.  A WebSocket handshake from another origin gets 403.  Lifespan passes
    unchanged.

    Args:
        allow_origins: As browsers write them, ``https://example.org``; compared byte for byte.
            ``https://*.example.org`` stands for one or more labels before the domain and not
            for the domain, ``https://example.org:*`` for any port.  ``["*"]`` alone lets
            everybody read, without credentials.
        allow_origin_regex: Has to match the whole origin.  It only sees origins, of at most 267
            bytes, and never ``null``.
        allow_origin_predicate: Called last, with the origin and the scope; may be async.  Only
            ``True`` allows.
        allow_methods: ``GET``, ``HEAD`` and ``POST`` always pass.  ``["*"]`` stands for all.
        allow_headers: Request headers; ``Accept``, ``Accept-Language``, ``Content-Language``,
            ``Content-Type`` and ``Range`` always pass.  ``["*"]`` stands for all,
            ``Authorization`` included: the answer lists the requested names, since the literal
            ``*`` of the standard does not cover it.
        allow_credentials: Whether requests may have cookies and the like.
        expose_headers: Response headers that a page may read; those that *app* exposes itself
            on a response stay.
        max_age: How many seconds a browser may keep the answer to a preflight, at most 86,400;
            ``None`` leaves it to the browser (5 s).
        websocket: Which handshakes pass.  ``"same"``: from allowed origins, or without ``Origin``
            (not a browser); ``"strict"``: only from allowed origins; ``"off"``: all.  You have to
            allow the origin of the app's own pages as well.
        policies: Other policies for some paths: a mapping of path prefixes, or pairs of a
            prefix or a predicate on the scope and a policy.  The first match wins.  Without a
            match the options above apply.  They should be the strictest: a path can be spelled
            in a way that no prefix matches, and still reach the app.  ``Policy()`` lets nobody
            in.  ``None`` switches the layer off: WebSockets from any page are let in, and the
            CORS headers of *app* stay.
        debug: Whether the body of a denial says why, which everybody can read.  The log always
            says it: in ``refused`` of the :func:`~asgi_mw.access_log` event or, without an access
            log, in the logger ``asgi_mw.cors``, each reason once a minute.
        dangerously_allow_null_origin: Allow the origin ``null``, which any page can have.
        dangerously_allow_public_suffixes: Permit entries such as ``https://*.co.uk``.
        dangerously_allow_schemes: Further schemes for exact origins, such as
            ``chrome-extension``, and ``file`` for Electron, whose pages have the origin
            ``file://``.

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
    from asgi_mw.middleware.cors.guard import guard  # noqa: PLC0415  # keeps `import asgi_mw` fast
    from asgi_mw.middleware.cors.notes import closed  # noqa: PLC0415  # the same
    from asgi_mw.middleware.cors.paths import compile_policies  # noqa: PLC0415  # the same
    from asgi_mw.middleware.cors.policy import compile_policy  # noqa: PLC0415  # the same
    from asgi_mw.refusals import Refusals  # noqa: PLC0415  # the same

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

    guarded = guard(app, default, choose, Refusals("cors"))
    vars(guarded)["__notes__"] = (*default.notes, *notes)
    return guarded

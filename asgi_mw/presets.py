"""The stack that is recommended for production, in the order that is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.calls import check_app, checked
from asgi_mw.chains import name_of
from asgi_mw.errors import Problems
from asgi_mw.headers import is_token
from asgi_mw.layers import Layer, layer, stack
from asgi_mw.middleware.access_log import access_log
from asgi_mw.middleware.compression import compression
from asgi_mw.middleware.cors import cors
from asgi_mw.middleware.decompression import decompression
from asgi_mw.middleware.request_id import request_id
from asgi_mw.middleware.server_error import server_error
from asgi_mw.middleware.timing import timing
from asgi_mw.middleware.tracing import tracing
from asgi_mw.options import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.layers import Factory
    from asgi_mw.types import A, Scope

Choice: TypeAlias = bool | Mapping[str, object]

# Outermost first: the id is on every answer that a layer makes itself, the log line has the ids
# of the trace, a 413 has its CORS headers, and the 500 has all of them
LAYERS: tuple[Factory, ...] = (
    tracing,
    request_id,
    access_log,
    timing,
    cors,
    compression,
    decompression,
    server_error,
)


@checked
def production(
    app: A,
    *,
    allow_origins: Iterable[str] = (),
    trusted_proxies: Iterable[str] = (),
    skip: Callable[[Scope], bool] | Iterable[str] = (),
    tracing: Choice = True,
    request_id: Choice = True,
    access_log: Choice = True,
    timing: Choice = True,
    cors: Choice = True,
    compression: Choice = True,
    decompression: Choice = True,
    server_error: Choice = True,
) -> A:
    """Wrap *app* in the layers that a service in production needs, outermost first.

    ``tracing``, ``request_id``, ``access_log``, ``timing``, ``cors`` (only if origins are
    given), ``compression``, ``decompression``, which lets unknown codings pass, and
    ``server_error``.  ``tracing`` exports nothing until an OpenTelemetry SDK is set up, see
    :func:`asgi_mw.otlp.configure`; ``record`` is not included.  It returns an
    ordinary :func:`~asgi_mw.stack`.

    Args:
        allow_origins: Web pages that may call the app, as in :func:`~asgi_mw.cors`; they may read
            the id and the timing on its responses.
        trusted_proxies: Networks whose ``X-Forwarded-For`` counts, for ``tracing`` and
            ``access_log``.
        skip: Paths, or a predicate on the scope, that ``tracing`` and ``access_log`` leave out.
        tracing: ``False`` leaves the layer out; a mapping is its options.
        request_id: The same.
        access_log: The same.
        timing: The same.
        cors: The same.
        compression: The same.
        decompression: The same.
        server_error: The same.

    Raises:
        ConfigError: An option cannot be right; it names the layer.

    >>> from asgi_mw import explain
    >>> async def app(scope, receive, send): ...
    >>> print(explain(production(app, timing=False, decompression={"max_size": 1_000_000})))
    tracing()
    request_id()
    access_log()
    compression()
    decompression(unknown='pass', max_size=1000000)
    server_error()
    app
    """
    problems = Problems("production")
    check_app(problems, app, "production(app, ...)")
    origins = _listed(allow_origins, "allow_origins", problems)
    proxies = _listed(trusted_proxies, "trusted_proxies", problems)
    seen: dict[str, object] = {"trusted_proxies": proxies} if proxies else {}
    if callable(skip) or (skip := _listed(skip, "skip", problems)):
        seen["skip"] = skip
    crossed: dict[str, object] = {"allow_origins": origins} if origins else {}
    if exposed := _headers(request_id, timing):
        crossed["expose_headers"] = exposed
    if not origins and cors is True:
        cors = False
    given: dict[str, Mapping[str, object]] = {
        "tracing": seen,
        "access_log": seen,
        "cors": crossed,
        "decompression": {"unknown": "pass"},  # as the app gets it without layers
    }
    choices = (
        tracing,
        request_id,
        access_log,
        timing,
        cors,
        compression,
        decompression,
        server_error,
    )
    layers = []
    for factory, choice in zip(LAYERS, choices, strict=True):
        name = name_of(factory)
        options = given.get(name, {})
        if isinstance(choice, Mapping):
            layers.append(layer(factory, **{**options, **choice}))
        elif choice is True:
            layers.append(Layer(factory, options))
        elif choice is not False:
            mend = f"write {name}=False, or its options as {name}={{...}}"
            problems.add(name, choice, "is neither a bool nor a mapping of options", mend)
    problems.check()
    return stack(app, *layers)


def _headers(request_id: Choice, timing: Choice) -> list[str]:
    """The names of the headers that these layers add to a response, for ``expose_headers``."""
    found: list[str] = []
    for choice, usual in ((request_id, "x-request-id"), (timing, "server-timing")):
        name = choice.get("header", usual) if isinstance(choice, Mapping) else usual
        if isinstance(name, (list, tuple)):
            name = next(iter(name), None)
        # The layer itself reports what is no header name
        if choice is not False and isinstance(name, str) and is_token(name.encode()):
            found.append(name)
    return found


def _listed(value: object, option: str, problems: Problems) -> list[str]:
    if isinstance(value, (str, bytes)):
        shown = parts(value) if isinstance(value, str) else [value]
        problems.add(option, value, "a list is meant", f"write {option}={shown}")
        return []
    try:
        return [*value]  # type: ignore[misc]  # this tests whether it can be listed
    except TypeError:
        problems.add(option, value, "is no list", f"write {option}=[...]")
        return []

"""A wrong call is said with what to write instead, as the app is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

import asgi_mw
from asgi_mw import ConfigError, layer, request_id, timing

if TYPE_CHECKING:
    from collections.abc import Callable

app: Any = FastAPI()
# What is wrong is no matter of types here
mw: Any = asgi_mw

MISTAKES: dict[str, tuple[Callable[[], Any], str]] = {
    "the app last": (
        lambda: mw.stack(request_id, timing, app),
        (
            "stack: app='request_id': is a middleware and no ASGI app; "
            "the app comes first: write stack(app, request_id, timing)"
        ),
    ),
    "layers in a list, the app last": (
        lambda: mw.stack([request_id, layer(timing, metric="web")], app),
        (
            "stack: app=\"request_id, timing(metric='web')\": is no ASGI app; "
            "the app comes first: write stack(app, request_id, timing(metric='web'))"
        ),
    ),
    "layers in a list": (
        lambda: mw.stack(app, [request_id, timing]),
        (
            "stack: layers='request_id, timing': is a list: layers are given one by one; "
            "write stack(app, request_id, timing)"
        ),
    ),
    "no app": (
        lambda: mw.stack(request_id, timing),
        (
            "stack: app='request_id': is a middleware and no ASGI app; "
            "the app comes first: write stack(app, request_id, timing)"
        ),
    ),
    "nothing": (mw.stack, "stack: app=(not given): is missing; write stack(app, ...)"),
    "a layer without its app": (
        mw.access_log,
        (
            "access_log: app=(not given): is missing; "
            "write access_log(app, ...), or in a stack access_log"
        ),
    ),
    "a layer with options alone": (
        lambda: mw.stack(app, mw.timing(metric="web")),
        (
            "timing: app=(not given): is missing; "
            "write timing(app, metric='web'), or in a stack layer(timing, metric='web')"
        ),
    ),
    "production without its app": (
        mw.production,
        (
            "production: app=(not given): is missing; "
            "write production(app, ...), or in a stack production"
        ),
    ),
    "install without its app": (
        mw.install,
        "install: app=(not given): is missing; write install(app, ...)",
    ),
    "a layer without its factory": (
        mw.layer,
        "layer: factory=(not given): is missing; write layer(factory, ...)",
    ),
    "a wrong name in production": (
        lambda: mw.production(app, allow_origin=["https://shop.example.org"]),
        (
            "production: allow_origin=['https://shop.example.org']: there is no such option; "
            "it has: allow_origins, trusted_proxies, skip, tracing, request_id, access_log, "
            "timing, cors, compression, decompression, server_error; is it allow_origins?"
        ),
    ),
    "a wrong name in a layer": (
        lambda: mw.timing(app, metrc="web"),
        (
            "timing: metrc='web': there is no such option; "
            "it has: header, metric, when, allow_origins, clock; is it metric?"
        ),
    ),
    "the name of another layer": (
        lambda: mw.production(app, gzip=False),
        "decompression, server_error; is it compression?",
    ),
    "a wrong name in install": (
        lambda: mw.install(FastAPI(), allow_orgins=[]),
        (
            "install: allow_orgins=[]: there is no such option; "
            "it has: allow_origins, trusted_proxies, skip, tracing, request_id, access_log, "
            "timing, cors, compression, decompression, server_error; is it allow_origins?"
        ),
    ),
    "the name of another layer in install": (
        lambda: mw.install(FastAPI(), gzip=False),
        (
            "install: gzip=False: there is no such option; "
            "it has: allow_origins, trusted_proxies, skip, tracing, request_id, access_log, "
            "timing, cors, compression, decompression, server_error; is it compression?"
        ),
    ),
    "an option by its place": (
        lambda: mw.production(app, ["https://shop.example.org"]),
        (
            "production: options=[['https://shop.example.org']]: options are given by name; "
            "write production(app, allow_origins=...)"
        ),
    ),
    "a path by its place": (
        lambda: mw.timing(app, "x-time"),
        "timing: options=['x-time']: options are given by name; write timing(app, header=...)",
    ),
    "two apps": (
        lambda: mw.stack(app, app),
        "is an app and no layer; give one app, and layers",
    ),
    "an app as a layer": (
        lambda: mw.layer(app),
        "is an app, and no middleware; put layers around it: stack(FastAPI, ...)",
    ),
    "a class in place of its app": (
        lambda: mw.production(FastAPI),
        "if that makes the app, call it: FastAPI()",
    ),
    "a function that makes the app": (
        lambda: mw.production(lambda: app),
        "if that makes the app, call it: make()",
    ),
    "a WSGI app": (
        lambda: mw.production(lambda environ, start_response: [b"hello"]),
        "it is no ASGI app; if it is a WSGI app, adapt it: a2wsgi.WSGIMiddleware(app)",
    ),
    "a name in place of the app": (
        lambda: mw.production("main:app"),
        "production: app='main:app': is no ASGI app; give the app itself, not its name",
    ),
}


@pytest.mark.parametrize(("call", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_call_says_what_to_write(call: Callable[[], Any], says: str) -> None:
    """In one line."""
    with pytest.raises(ConfigError) as raised:
        call()

    assert str(raised.value).endswith(says)
    assert "\n" not in str(raised.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Each in a line of its own."""
    with pytest.raises(ConfigError) as raised:
        mw.timing(metrc="web", heading="x-time")

    assert ["app", "metrc", "heading"] == [one.option for one in raised.value.problems]


def test_a_type_error_of_somebody_elses_stays_one() -> None:
    """It says nothing of the call of ours."""

    def layer_of_others(app: object) -> object:
        raise TypeError("of its own")

    with pytest.raises(ConfigError, match=r"cannot be made \(of its own\)"):
        mw.stack(app, layer_of_others)


def test_an_app_by_its_name_is_fine() -> None:
    """As Litestar gives it."""
    assert mw.timing(app=app).__wrapped__ is app

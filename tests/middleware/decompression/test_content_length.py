"""Apps that read as much as ``Content-Length`` says lose nothing of a decoded body."""

# mypy: disable-error-code="import-untyped"
# Django has no types
from __future__ import annotations

import gzip
import random
from io import BytesIO
from typing import TYPE_CHECKING, Any

import django
import flask
import pytest
from a2wsgi import WSGIMiddleware
from asgiref.wsgi import WsgiToAsgi
from django import conf
from django.core.handlers.asgi import ASGIRequest

from asgi_mw import decompression, production
from asgi_mw.testing import request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

SIZES = [0, 1, 65_536, 65_537, 300_000]
NOISE = random.Random(1).randbytes(300_000)
LAYERS: dict[str, Callable[[App], App]] = {"alone": decompression, "production": production}


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Say how much there is to read."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("content-type", "text/plain")])
    return [b"%d" % len(body)]


api = flask.Flask(__name__)


@api.post("/")
def size() -> str:
    """Say the same."""
    return str(len(flask.request.get_data()))


async def django_form(scope: Scope, receive: Receive, send: Send) -> None:
    """Say how long the field is that Django reads of a form."""
    body, more = BytesIO(), True
    while more:
        message = await receive()
        body.write(message["body"])
        more = message["more_body"]
    body.seek(0)
    form = ASGIRequest(scope, body).POST
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % len(form.get("a", ""))})


APPS: dict[str, App] = {
    "WSGI by asgiref": WsgiToAsgi(wsgi),  # type: ignore[no-untyped-call]  # theirs
    "Flask by asgiref": WsgiToAsgi(api),  # type: ignore[no-untyped-call]  # theirs
    "WSGI by a2wsgi": WSGIMiddleware(wsgi),  # type: ignore[dict-item,arg-type]  # theirs
    "Flask by a2wsgi": WSGIMiddleware(api),  # type: ignore[dict-item,arg-type]  # theirs
}


@pytest.mark.parametrize("made", LAYERS)
@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("extra", [{}, {"expect": "100-continue"}], ids=["plain", "asks first"])
@pytest.mark.parametrize("announced", [True, False], ids=["length", "chunked"])
async def test_a_wsgi_app_reads_all_of_it(
    made: str, app: str, size: int, extra: dict[str, str], *, announced: bool
) -> None:
    """However the coded body was framed."""
    coded = gzip.compress(NOISE[:size], 1)
    headers = {"content-encoding": "gzip", **extra}
    if announced:
        headers["content-length"] = str(len(coded))
    layered = LAYERS[made](APPS[app])
    result = await request(layered, "POST", "/", headers=headers, body=[coded[:9], coded[9:]])

    assert (200, b"%d" % size, None) == (result.status, result.body, result.raised)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Django take a form of any size; its settings are those of the other tests."""
    if not conf.settings.configured:
        conf.settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of no worth", LOGGING_CONFIG=None)
        django.setup()
    monkeypatch.setattr(conf.settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", None, raising=False)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("size", SIZES)
async def test_django_reads_a_form_of_any_size(size: int) -> None:
    """It takes a form without a length for an empty one."""
    kind = "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    coded = gzip.compress(part + b"a" * size + b"\r\n--x--\r\n")
    headers = {"content-encoding": "gzip", "content-type": kind}
    conf.settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    layered = decompression(django_form, max_ratio=2000)
    result = await request(layered, "POST", "/", headers=headers, body=[coded])

    assert (200, b"%d" % size) == (result.status, result.body)


@pytest.mark.parametrize("app", APPS)
async def test_what_is_too_large_is_refused_and_not_lost(app: str) -> None:
    """The WSGI app is not called."""
    coded = gzip.compress(bytes(2000))
    headers = {"content-encoding": "gzip"}
    layered = decompression(APPS[app], max_size=1000)
    result = await request(layered, "POST", "/", headers=headers, body=[coded])

    assert (413, None) == (result.status, result.raised)

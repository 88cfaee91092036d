"""A process of ``asgi-mw run`` logs in one place and form, each thing once, without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.cli.serving import SERVERS, get, running
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.cli.serving import Running

    Cli = Callable[..., Result]

pytestmark = pytest.mark.slow

QUERY = "token=s3cretvalue&page=2"
# The lines that `run` itself writes, before the server does
NOTE = 3
APP = """
import logging
BEFORE

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

def hi(request):
    return PlainTextResponse("hi")

def order(request):
    logging.getLogger("shop").info("an order")
    return PlainTextResponse("hi")

def crash(request):
    raise RuntimeError("broke with password=hunter2")

def later(request):
    return PlainTextResponse("ok", background=BackgroundTask(crash, None))

async def talk(websocket):
    await websocket.accept()
    await websocket.close()

async def refuse(websocket):
    await websocket.close()

app = Starlette(routes=[
    Route("/", hi), Route("/order", order), Route("/crash", crash), Route("/later", later),
    WebSocketRoute("/talk", talk), WebSocketRoute("/refuse", refuse),
])
AFTER
"""
CONFIGURED = "import asgi_mw.logs\nasgi_mw.logs.configure(format='FORMAT')"
LAYER = "from asgi_mw import access_log, stack\napp = stack(app, access_log)"
ADDED = "from asgi_mw import access_log\napp.add_middleware(access_log)"
BASIC = "logging.basicConfig(format='theirs: %(name)s %(message)s')"
DICT = """
import logging.config
logging.config.dictConfig({
    "version": 1,
    "formatters": {"own": {"format": "theirs: %(name)s %(message)s"}},
    "handlers": {"own": {"class": "logging.StreamHandler", "formatter": "own"}},
    "root": {"handlers": ["own"]},
})"""
OWN_LOGGER = """
handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter("theirs: %(message)s"))
logging.getLogger("shop").addHandler(handler)
logging.getLogger("shop").setLevel("INFO")"""
OTEL = """
import warnings
from opentelemetry.sdk._logs import LoggingHandler
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(LoggingHandler())
"""
STRUCTLOG = (
    "import structlog\nstructlog.configure(processors=[structlog.processors.JSONRenderer()])"
)


def serve(here: Path, *, before: str = "", after: str = "") -> str:
    """Write the app, and say what it is called."""
    (here / "shop.py").write_text(APP.replace("BEFORE", before).replace("AFTER", after))
    return "shop:app"


def ask(it: Running, path: str = "/") -> None:
    """Ask, with a secret in the query."""
    get(f"{it.url}{path}?{QUERY}")


def lines_of(it: Running, path: str = "/") -> list[str]:
    """What was written of what we asked for, but what Django writes of its requests."""
    shown = (line for line in it.err.splitlines() if "page=2" in line and path in line)
    return [line for line in shown if "ASGIRequest" not in line]


@pytest.mark.parametrize(
    ("server", "before"), [*((server, "") for server in SERVERS), ("uvicorn", OTEL)]
)
def test_an_app_without_logging_gets_ours(here: Path, server: str, before: str) -> None:
    """One line for a request, and the server's own lines in the same form."""
    with running(serve(here, before=before), "--server", server) as it:
        ask(it, "/order")
        assert 0 == it.stop()
    [line] = lines_of(it)
    assert "token=[redacted]" in line
    assert "200" in line
    assert "an order" in it.err
    assert "s3cretvalue" not in it.out + it.err
    assert "" == it.out


@pytest.mark.parametrize("server", SERVERS)
def test_a_line_has_the_id_to_open_it_with(here: Path, cli: Cli, server: str) -> None:
    """That of the recording, where the app gives none; in a line of at most 100 columns."""
    with running(serve(here), "--server", server) as it:
        ask(it, "/order")
        assert 0 == it.stop()
    [line] = lines_of(it)
    tail = line.partition("…")[2]
    [shown] = map(json.loads, cli("show", tail, "--json").stdout.splitlines())
    assert (7, "/order") == (len(tail), shown["path"])
    assert shown["id"].endswith(tail)
    assert len(line) <= 100
    assert [f"an order …{tail}"] == [
        one.partition("shop: ")[2] for one in it.err.splitlines() if "an order" in one
    ]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("server", SERVERS)
def test_an_app_that_configured_ours_decides(here: Path, server: str, workers: str) -> None:
    """Every line is JSON, those of the parent of workers too, and each request has one."""
    app = serve(here, before=CONFIGURED.replace("FORMAT", "json"), after=LAYER)
    with running(app, "--server", server, "--workers", workers) as it:
        ask(it)
        assert 0 == it.stop()
    events = [json.loads(line) for line in it.err.splitlines()[NOTE:]]
    [asked] = [one for one in events if one.get("query")]
    assert ("http", "/", 200, "token=[redacted]&page=2") == (
        *(asked[key] for key in ("event", "path", "status", "query")),
    )
    servers = {"uvicorn": "uvicorn.error", "granian": "_granian", "hypercorn": "hypercorn.error"}
    assert servers[server] in {one["logger"] for one in events}
    assert "" == it.out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BASIC, "", id="basicConfig"),
        pytest.param(DICT, "", id="dictConfig"),
        pytest.param("import uvicorn\n" + DICT, "", id="dictConfig that disables loggers"),
        pytest.param(BASIC, LAYER, id="with our layer"),
        pytest.param(BASIC, ADDED, id="with our layer added"),
    ],
)
def test_an_app_that_configured_its_own_decides(here: Path, before: str, after: str) -> None:
    """The server's lines and the access log go there, and nowhere else."""
    with running(serve(here, before=before, after=after)) as it:
        ask(it)
        assert 0 == it.stop()
    lines = it.err.splitlines()[NOTE:]
    assert [] == [line for line in lines if not line.startswith("theirs: ")]
    assert "theirs: uvicorn.error Application startup complete." in lines
    [line] = lines_of(it)
    assert line.startswith("theirs: asgi_mw.access http method=GET path=/ query=")
    assert "s3cretvalue" not in it.err


def test_a_handler_of_a_single_logger_writes_nothing_twice(here: Path) -> None:
    """Its records are written by it, or by ours."""
    with running(serve(here, before=OWN_LOGGER)) as it:
        ask(it, "/order")
        it.stop()
    assert 1 == it.err.count("an order")
    assert 1 == len(lines_of(it))


def test_a_structlog_of_its_own_stays(here: Path) -> None:
    """The access log goes there; the server's lines to ours."""
    with running(serve(here, before=STRUCTLOG)) as it:
        ask(it)
        it.stop()
    events = [json.loads(line) for line in it.out.splitlines()]
    assert ["token=[redacted]&page=2"] == [one["query"] for one in events if "query" in one]
    assert "Application startup complete." in it.err
    assert [] == lines_of(it)


@pytest.mark.parametrize("server", SERVERS)
def test_what_an_app_raises_is_shown_once(here: Path, server: str) -> None:
    """By the access log; what it does not know of, as behind a response, by the server."""
    with running(serve(here), "--server", server) as it:
        ask(it, "/crash")
        ask(it, "/later")
        assert 0 == it.stop()
    assert 2 == it.err.count("Traceback (most recent call last):")
    assert "RuntimeError: broke with password=[redacted]" in it.err
    assert "hunter2" not in it.err


STARTUP = """
from contextlib import asynccontextmanager

def connect():
    try:
        {}["database"]
    except KeyError as error:
        raise RuntimeError("no database: password=hunter2") from error
"""
FAILING = {
    "starlette": """
from starlette.applications import Starlette
@asynccontextmanager
async def lifespan(app):
    connect()
    yield
app = Starlette(lifespan=lifespan)
""",
    "quart": """
from quart import Quart
app = Quart("shop")
@app.before_serving
async def start():
    connect()
""",
    "falcon": """
import falcon.asgi
class Starts:
    async def process_startup(self, scope, event):
        connect()
app = falcon.asgi.App(middleware=[Starts()])
""",
}
CHAIN = ["KeyError: 'database'", "RuntimeError: no database: password=[redacted]"]


@pytest.mark.parametrize("framework", FAILING)
@pytest.mark.parametrize("server", SERVERS)
def test_a_startup_that_fails_is_one_traceback(here: Path, server: str, framework: str) -> None:
    """With what it was raised from, without frames of libraries, and in no other line."""
    (here / "shop.py").write_text(STARTUP + FAILING[framework])
    with running("shop:app", "--server", server) as it:
        it.out, it.err = it.process.communicate(timeout=PATIENCE)
    lines = it.err.splitlines()
    assert (1, "") == (it.process.returncode, it.out)
    assert CHAIN == [one.strip() for one in lines if one.strip() in CHAIN]
    assert 2 == it.err.count("Traceback (most recent call last)")
    assert 1 == it.err.count("      raise RuntimeError(")
    assert [] == [one for one in lines if "site-packages" in one and "asyncio:" not in one]
    assert "LifespanFailureError" not in it.err
    assert "hunter2" not in it.err


@pytest.mark.parametrize("server", SERVERS)
def test_a_startup_that_says_that_it_failed_is_no_crash(here: Path, server: str) -> None:
    """Also of an app that goes on to wait: what it says is written, and no traceback."""
    (here / "shop.py").write_text("""
async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
    await receive()
""")
    with running("shop:app", "--server", server) as it:
        it.out, it.err = it.process.communicate(timeout=PATIENCE)
    assert 1 == it.process.returncode
    assert "error='no database'" in it.err
    assert "Traceback" not in it.err


@pytest.mark.parametrize(
    ("before", "level"), [("", "info"), (BASIC, "debug")], ids=["ours", "theirs, at debug"]
)
def test_a_websocket_is_logged_once(here: Path, before: str, level: str) -> None:
    """The line of uvicorn for it, which has the query as it is, is not shown."""
    with running(serve(here, before=before), "--log-level", level) as it:
        url = it.url.replace("http", "ws")
        with connect(f"{url}/talk?{QUERY}", proxy=None):
            pass
        with pytest.raises(InvalidStatus):
            connect(f"{url}/refuse?{QUERY}", proxy=None)
        assert 0 == it.stop()
    for path in ("/talk", "/refuse"):
        # At this level websockets shows what it reads from the wire
        [line] = [line for line in lines_of(it, path) if "HTTP/1.1" not in line]
        assert "token=[redacted]" in line
    assert "s3cretvalue" not in it.err


def test_no_access_log(here: Path) -> None:
    """Neither ours nor the server's."""
    with running(serve(here), "--no-access-log") as it:
        ask(it)
        it.stop()
    assert [] == lines_of(it)
    assert "Application startup complete." in it.err


@pytest.mark.parametrize("server", SERVERS)
def test_the_level(here: Path, server: str) -> None:
    """For the server, the access log and the app."""
    with running(serve(here), "--log-level", "warning", "--server", server) as it:
        ask(it)
        it.stop()
    assert NOTE == len(it.err.splitlines())
    assert "" == it.out


FRAMEWORKS = {
    "litestar": """
from litestar import Litestar, get
@get("/")
async def hi() -> str:
    return "hi"
app = Litestar([hi])
""",
    "lilya": """
from lilya.apps import Lilya
from lilya.routing import Path
async def hi():
    return "hi"
app = Lilya(routes=[Path("/", hi)])
""",
    "nexios": """
from nexios import NexiosApp
app = NexiosApp()
@app.get("/")
async def hi(request, response):
    return response.text("hi")
""",
    "django": """
import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
settings.configure(DEBUG=True, SECRET_KEY="x", ROOT_URLCONF="shop", ALLOWED_HOSTS=["*"])
django.setup()
def hi(request):
    return HttpResponse("hi")
urlpatterns = [path("", hi)]
from django.core.asgi import get_asgi_application
app = get_asgi_application()
""",
}


@pytest.mark.parametrize("configured", ["", CONFIGURED.replace("FORMAT", "json")], ids=["", "ours"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frameworks_with_habits(here: Path, framework: str, configured: str) -> None:
    """Some configure logging as their app is made: one line for a request, and no traceback."""
    (here / "shop.py").write_text(f"{configured}\n{FRAMEWORKS[framework]}")
    with running("shop:app") as it:
        ask(it)
        ask(it, "/missing")
        assert 0 == it.stop()
    assert (2, 1) == (len(lines_of(it)), len(lines_of(it, "/missing")))
    assert "Traceback" not in it.err
    assert "s3cretvalue" not in it.out + it.err
    if configured:
        shown = it.err.splitlines()
        notes = [line for line in shown if line.startswith(("Recording to", "Look at it"))]
        assert NOTE == len(notes)
        own = {"Not Found: /missing"} if framework == "django" else set()
        for line in shown:
            if line not in notes and line not in own:
                json.loads(line)


@pytest.mark.parametrize("server", SERVERS)
def test_django_without_a_lifespan_is_no_crash(here: Path, server: str) -> None:
    """It refuses the lifespan, as it may."""
    (here / "shop.py").write_text(FRAMEWORKS["django"])
    with running("shop:app", "--server", server) as it:
        ask(it)
        assert 0 == it.stop()
    assert "Traceback" not in it.err
    assert "ASGI 'lifespan' protocol appears unsupported." in it.err
    assert "continuing without" not in it.err
    assert 1 == len(lines_of(it))

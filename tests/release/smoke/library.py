"""What is tried in Python: every module, every layer, every store."""

from __future__ import annotations

import pkgutil
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import Any

import asgi_mw
from asgi_mw import compression, decompression, explain, open_store, production, record, validate
from asgi_mw.errors import MissingExtraError
from asgi_mw.inspector import inspect
from asgi_mw.testing import request, run
from asgi_mw.watch import watch
from tests.release.smoke.attempt import Attempt, BrokenError
from tests.release.smoke.shop import app

# Modules that only who has these imports
_OF_OTHERS = {"django", "granian", "hypercorn", "psycopg", "pytest", "uvicorn"}


def attempts() -> list[Attempt]:
    """Everything that is tried."""
    return [
        Attempt("import", _modules),
        Attempt("typed", _typed),
        Attempt("layers", _layers),
        Attempt("record in memory", lambda: _recorded("memory:")),
        Attempt("record in a folder", _folder),
        Attempt("inspect", _page),
        Attempt("brotli", lambda: _coded("br"), "compress"),
        Attempt(
            "zstd", lambda: _coded("zstd"), None if sys.version_info >= (3, 14) else "compress"
        ),
        Attempt("otlp", _otlp, "otlp"),
        Attempt("postgres", _postgres, "postgres"),
        Attempt("prometheus", _prometheus, "prometheus"),
        Attempt("transport", _transport, "test"),
        Attempt("http2", _http2, "conformance"),
    ]


def _need(fact: object, said: object) -> None:
    if not fact:
        raise BrokenError(str(said))


def _modules() -> None:
    """Import every one, but those of servers and frameworks that are not there."""
    for found in pkgutil.walk_packages(asgi_mw.__path__, "asgi_mw."):
        if found.name == "asgi_mw.__main__":
            continue
        try:
            import_module(found.name)
        except MissingExtraError:
            continue
        except ModuleNotFoundError as error:
            _need((error.name or "").partition(".")[0] in _OF_OTHERS, f"{found.name}: {error}")


def _typed() -> None:
    _need((files("asgi_mw") / "py.typed").is_file(), "py.typed is not there")
    _need(version("asgi-mw"), "it has no version")


def _layers() -> None:
    whole = watch(validate(production(app, allow_origins=["https://shop.example.org"])))
    result = run(request(whole, "GET", "/", headers={"origin": "https://shop.example.org"}))
    added = [result.header(name) for name in ("x-request-id", "access-control-allow-origin")]
    _need(result.status == 200 and all(added), result)
    _need(len(explain(whole).splitlines()) == 11, explain(whole))


def _recorded(target: str) -> None:
    store = open_store(target)
    run(request(record(app, store=store, layers=True), "GET", "/"))
    store.flush()
    _need([one.status for one in store.exchanges()] == [200], store.exchanges())
    store.close()


def _folder() -> None:
    with TemporaryDirectory() as folder:
        _recorded(f"{folder}/traffic")


def _page() -> None:
    page = inspect(app, store="memory:", announce=False)
    result = run(request(page, "GET", "/__asgi__/enter"))
    _need(result.status == 200 and b"<html" in result.body, result)


def _coded(name: str) -> None:
    """There and back."""
    coded = run(request(compression(app, encodings=[name]), headers={"accept-encoding": name}))
    _need(coded.header("content-encoding") == name.encode(), coded)
    seen: list[Any] = []

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["body"])
        await app(scope, receive, send)

    back = decompression(reads)
    run(request(back, "POST", headers={"content-encoding": name}, body=coded.body))
    _need(seen == [b"shop" * 1_000], seen)


def _otlp() -> None:
    configure = import_module("asgi_mw.otlp").configure
    telemetry = configure(service_name="shop", endpoint="http://127.0.0.1:9", timeout=0.1)
    run(request(production(app)))
    telemetry.shutdown()


def _postgres() -> None:
    """Of the port of no server; that nobody listens is what it shall say."""
    reading = open_store("postgresql://shop@127.0.0.1:9/shop")
    try:
        reading.exchanges()
    except Exception as error:  # noqa: BLE001  # which one it is, is asked
        _need("127.0.0.1" in str(error), error)
        _need(type(error).__module__.startswith("asgi_mw"), repr(error))


def _prometheus() -> None:
    page = import_module("asgi_mw.prometheus").metrics_app()
    _need(run(request(page, "GET", "/metrics")).status == 200, "no page")


def _transport() -> None:
    made = import_module("asgi_mw.testing").Transport(app)
    client = import_module("httpx2").AsyncClient

    async def ask() -> int:
        async with client(transport=made, base_url="http://shop") as opened:
            status: int = (await opened.get("/")).status_code
            return status

    _need(import_module("anyio").run(ask) == 200, "no answer")


def _http2() -> None:
    """It asks for h2 first, and only then for a server, which is not there."""
    clock = import_module("asgi_mw.conformance.clock").Clock
    with suppress(ConnectionRefusedError):
        import_module("asgi_mw.conformance.http2").Http2(9, clock(1.0))

"""Write exchanges as a module of tests for pytest, to be read and changed."""

from __future__ import annotations

import keyword
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from asgi_mw.errors import ConfigError, Problem
from asgi_mw.export.suite.literals import Used, quoted
from asgi_mw.export.suite.names import Names
from asgi_mw.export.suite.requests import http_test, is_whole
from asgi_mw.export.suite.sockets import is_testable, socket_test
from asgi_mw.export.written import Written
from asgi_mw.parts import is_event_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from asgi_mw.events import Exchange

_TRANSPORT = "from asgi_mw.testing import Transport"
_PLACEHOLDER = """\
# Which app is tested was not said: put it in the place of this line, or export with --app
app = None"""
_MASKED = '''\
def needs(*names):
    """Skip a test, unless the environment has what was masked in its recording."""
    missing = [name for name in names if name not in os.environ]
    return pytest.mark.skipif(bool(missing), reason=f"to be set: {', '.join(missing)}")


'''
_FIXTURES = '''\
@pytest.fixture(scope="module")
def anyio_backend():
    """Run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="module")
async def transport():
    """The app, started once: each test finds what those before it left."""
    async with Transport(app, raise_app_exceptions=False) as transport:
        yield transport


@pytest.fixture
async def client(transport):
    """A client of its own for each test, without cookies."""
    async with CLIENT.AsyncClient(transport=transport) as client:
        yield client
'''


def write_pytest(
    exchanges: Iterable[Exchange], file: IO[str], *, app: str | None = None
) -> Written:
    """Write a test of each of *exchanges*, which makes the request again and expects its answer.

    The app runs in the process of the tests, by :class:`asgi_mw.testing.Transport`.  A value that
    differs from run to run is ``ANY``.  A value that was masked in a request is read from the
    environment, and the test is skipped without it.

    Args:
        exchanges: The oldest first, as each may build on those before it.
        file: Takes text.
        app: The app, as ``"module:app"``; without it, a comment says where to put it.

    Raises:
        ConfigError: *app* is no name of an app.
    """
    imported = _PLACEHOLDER if app is None else _imported(app)
    package = "httpx2" if find_spec("httpx2") or not find_spec("httpx") else "httpx"
    written, names, used = Written(), Names(), Used()
    with TemporaryFile("w+", encoding="utf-8", newline="\n") as tests:
        for exchange in exchanges:
            if exchange.type == "websocket" and package != "httpx2":
                written.leave_out('a WebSocket, which needs: pip install "httpx2[ws]"')
                continue
            lines = _test(exchange, names, used, written)
            if lines is None:
                continue
            others, used.secrets = used.secrets, set()
            said = list(lines)
            if used.secrets:
                said.insert(0, f"@needs({', '.join(map(quoted, sorted(used.secrets)))})")
            used.secrets |= others
            tests.writelines(f"{line}\n" for line in ("", "", *said))
            written.count += 1
        file.write("".join(_head(imported, package, used)))
        tests.seek(0)
        copyfileobj(tests, file)
    return written


def _test(exchange: Exchange, names: Names, used: Used, written: Written) -> Iterator[str] | None:
    """The test of *exchange*; ``None`` if there can be none, which is counted."""
    if exchange.type == "websocket":
        if is_testable(exchange):
            return socket_test(exchange, names.of(exchange), used)
        written.leave_out("a WebSocket that was refused, or has messages that are masked or cut")
    elif exchange.type != "http":
        written.leave_out(f"{exchange.type}, of which there is no test")
    elif is_whole(exchange) or is_event_stream(exchange):
        return http_test(exchange, names.of(exchange), used)
    else:
        written.leave_out("the client got no whole response")
    return None


def _imported(app: str) -> str:
    module, _, attribute = app.partition(":")
    names = [*module.split("."), *attribute.split(".")]
    if not all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
        problem = Problem("app", app, "names no app", "write it as module:app, as shop.main:app")
        raise ConfigError("write_pytest", (problem,))
    first, *rest = attribute.split(".")
    if not rest:
        return f"from {module} import {first}" + ("" if first == "app" else " as app")
    return f"from {module} import {first}\n\napp = {attribute}"


def _imports(imported: str) -> Iterator[str]:
    """The imports of the transport and the app, sorted as a linter wants: local modules apart."""
    first, *more = imported.split("\n")
    if not first.startswith("from "):
        yield from (_TRANSPORT, "", *imported.split("\n"), "")
        return
    lines = sorted((_TRANSPORT, first))
    yield from (line for line in lines if not _is_here(line))
    here = [line for line in lines if _is_here(line)]
    yield from ("", *here) if here else ()
    yield from (*more, "")


def _is_here(line: str) -> bool:
    """Whether the module from which *line* imports is one of this folder."""
    top = line.split()[1].partition(".")[0]
    return any(
        Path(folder, name).exists() for folder in (".", "src") for name in (top, f"{top}.py")
    )


def _head(imported: str, package: str, used: Used) -> Iterator[str]:
    yield '"""Recorded exchanges as tests, made by asgi-mw export; read and change them."""\n\n'
    yield "from __future__ import annotations\n\n"
    yield "import json\n" if used.json_ else ""
    yield "import os\n" if used.secrets else ""
    yield "from unittest.mock import ANY\n" if used.any_ else ""
    yield "\n" if used.json_ or used.secrets or used.any_ else ""
    yield f"import {package}\nimport pytest\n"
    yield "\n".join(_imports(imported))
    yield "\npytestmark = pytest.mark.anyio\n"
    yield "\n\n"
    yield _MASKED if used.secrets else ""
    yield _FIXTURES.replace("CLIENT", package)

"""Each server that ``asgi-mw run`` can use serves the same app the same way."""

from __future__ import annotations

import socket
import ssl
from importlib.util import find_spec
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from asgi_mw import open_store
from asgi_mw.cli import servers
from asgi_mw.cli.servers import SERVERS, ServerError
from tests.cli import pem
from tests.cli.fitting import fits
from tests.cli.serving import eventually, get, running, started
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

APP = """
import json

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError("no lifespan here")
    client, headers = scope["client"], dict(scope["headers"])
    seen = [client and client[0], scope["scheme"], scope["root_path"], scope["path"]]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})
"""
STREAM = """
import asyncio

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while scope["path"] == "/endless":
        await send({"type": "http.response.body", "body": b"more", "more_body": True})
        await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": b"done"})
"""
FORWARDED = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}


@pytest.fixture
def project(here: Path) -> Path:
    """Stand in a folder with an app, certificates and keys."""
    (here / "shop.py").write_text(APP)
    pem.write(here)
    return here


@pytest.mark.slow
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("server", SERVERS)
def test_a_proxy_in_front_is_believed(server: str) -> None:
    """Where it shows the app, and who its client is; uvicorn has the place in the path, too."""
    with running("shop:app", "--server", server, "--root-path", "/api/") as it:
        seen = get(f"{it.url}/users", FORWARDED).json()
        assert 0 == it.stop()
    path = "/api/users" if server == "uvicorn" else "/users"
    assert ["203.0.113.7", "https", "/api", path] == seen
    assert "Traceback" not in it.err  # an app without lifespan is none that fails


@pytest.mark.slow
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "more", [["--no-proxy-headers"], ["--forwarded-allow-ips", "10.0.0.0/8"]], ids=" ".join
)
def test_who_is_not_trusted_is_not_believed(more: list[str]) -> None:
    """Anybody can send the headers."""
    with running("shop:app", *more) as it:
        seen = get(f"{it.url}/users", FORWARDED).json()
    assert ["127.0.0.1", "http", "", "/users"] == seen


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_unix_socket(project: Path, server: str, workers: str) -> None:
    """Who connects there is a proxy if it is named as one; the socket goes with the server."""
    path = project / "socket"
    command = ["shop:app", "--server", server, "--uds", path.name, "--workers", workers, "--json"]
    named = ["--forwarded-allow-ips", "unix"] * (workers == "1")
    with started(*command, *named) as it:
        assert eventually(lambda: is_open(path) or it.process.poll() is not None)
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            seen = client.get("http://localhost/users", headers=FORWARDED, timeout=60).json()
        assert (["203.0.113.7", "https"] == seen[:2]) is bool(named)
        assert 0 == it.stop()
    [said] = fits("run", it.out)
    assert (str(path), None, None) == tuple(said[name] for name in ("uds", "host", "port"))
    assert not path.exists()


def is_open(path: Path) -> bool:
    """Whether somebody listens there; httpx would leave its socket open where nobody does."""
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            return False
    return True


@pytest.mark.slow
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("server", "more"),
    [
        *((server, ["--ssl-certfile", "both.pem"]) for server in SERVERS),
        *(
            (server, ["--ssl-certfile", "certificate.pem", "--ssl-keyfile", "locked.pem"])
            for server in SERVERS
            if server != "granian"
        ),
    ],
)
def test_tls(server: str, more: list[str]) -> None:
    """With the key beside the certificate, or in a file that has a password."""
    secret = {"ASGI_MW_SSL_KEYFILE_PASSWORD": pem.PASSWORD}
    assert ["127.0.0.1", "https", "", "/"] == asked_by_tls(server, more, secret, certificate=False)


@pytest.mark.slow
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("server", SERVERS)
def test_clients_with_a_certificate(server: str) -> None:
    """Of the authority; others get no answer."""
    more = ["--ssl-certfile", "both.pem", "--ssl-ca-certs", "authority.pem"]
    assert ["127.0.0.1", "https", "", "/"] == asked_by_tls(server, more, {}, certificate=True)


def asked_by_tls(
    server: str, more: list[str], environment: dict[str, str], *, certificate: bool
) -> list[str]:
    """What the app answers; if with a *certificate*, then nothing without."""
    context = ssl.create_default_context(cafile="authority.pem")
    bare = ssl.create_default_context(cafile="authority.pem")
    if certificate:
        context.load_cert_chain("both.pem")
    (port,) = free_ports(1)
    url = f"https://localhost:{port}"

    def asked(context: ssl.SSLContext) -> list[str] | None:
        try:
            found: list[str] = httpx.get(
                url, verify=context, trust_env=False, timeout=PATIENCE
            ).json()
        except httpx.TransportError:
            assert it.process.poll() is None
            return None
        return found

    command = ["shop:app", "--server", server, "--port", str(port), *more]
    with started(*command, **environment) as it:
        seen: list[str] = eventually(lambda: asked(context))
        assert certificate is (asked(bare) is None)
        assert 0 == it.stop()
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("to", ["the parent", "all"])
def test_a_worker_of_hypercorn_ends_what_it_serves(here: Path, to: str) -> None:
    """Though it gets SIGTERM once the other has ended, or at once from a supervisor."""
    (here / "shop.py").write_text(STREAM)
    command = ["shop:app", "--server", "hypercorn", "--workers", "2"]
    with (
        running(*command) as it,
        httpx.stream("GET", f"{it.url}/endless", trust_env=False, timeout=PATIENCE) as stream,
    ):
        assert b"more" == next(stream.iter_raw())[:4]
        if to == "all":
            for worker in psutil.Process(it.process.pid).children():
                worker.terminate()
        assert 0 == it.stop()
    found = {exchange.id: exchange for exchange in open_store(".asgi-mw").exchanges()}
    assert not [one for one in found.values() if one.outcome == "lost"]
    assert ["cancelled"] == [one.outcome for one in found.values() if one.path == "/endless"]


@pytest.mark.usefixtures("project")
def test_granian_gets_no_key_with_a_password(cli: Cli) -> None:
    """It would fail in a worker, with a trace of Rust."""
    key = ["--ssl-keyfile", "locked.pem", "--ssl-keyfile-password", pem.PASSWORD]
    result = cli("run", "shop:app", "--server", "granian", "--ssl-certfile", "both.pem", *key)
    assert 2 == result.exit_code
    assert "granian fails on a key with a password; take another --server" in result.stderr


@pytest.mark.parametrize(
    ("server", "missing", "message"),
    [
        ("granian", "granian", "granian is not installed; install it with: pip install granian"),
        (
            "granian",
            "watchfiles",
            'granian needs watchfiles for --reload; install it with: pip install "granian[reload]"',
        ),
        ("hypercorn", "hypercorn", "hypercorn is not installed; install it with: pip install h"),
    ],
)
def test_how_to_get_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, server: str, missing: str, message: str
) -> None:
    """Before anything starts."""
    there = find_spec
    monkeypatch.setattr(servers, "find_spec", lambda name: None if name == missing else there(name))
    with pytest.raises(ServerError) as refused:
        servers.check(server, reload=True)
    assert str(refused.value).startswith(message)

"""The page that ``asgi-mw run`` puts into an app."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from asgi_mw import open_store
from asgi_mw.cli.page import Page, own_address
from asgi_mw.cli.plan import Listening
from asgi_mw.inspector.production import STAGES
from tests.cli.fitting import fits
from tests.cli.serving import SERVERS, running

AT = Listening(
    server="uvicorn",
    host="127.0.0.1",
    port=8000,
    uds=None,
    workers=1,
    reload=False,
    app_dir=".",
    root_path="",
    proxies=(),
    certfile=None,
    keyfile=None,
    password="",
    ca_certs=None,
    level=None,
)


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_the_printed_address_opens_it(server: str) -> None:
    """Without the app's access log, and whatever proxies are believed."""
    with running("examples.raw_app:app", "--json", "--server", server) as it:
        assert it.process.stdout is not None
        [said] = fits("run", it.process.stdout.readline())
        page, _, token = said["inspector"].partition("/enter#token=")
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=page, headers=headers, trust_env=False) as client:
            seen = client.get("/api/exchanges")
            forged = client.get("/api/words", headers={"x-forwarded-for": "192.0.2.1"})
            other = client.get("/api/exchanges", headers={"host": "evil.test"})
        it.stop()
    assert (f"{it.url}/__asgi__", 200, 200, 403) == (
        page,
        seen.status_code,
        forged.status_code,
        other.status_code,
    )
    assert token not in it.err


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_app_with_a_page_of_its_own_has_no_second_one(workers: str) -> None:
    """The printed address opens it, and all but what is asked of it is recorded as ever."""
    with running("tests.inspector.installed_app:app", "--json", "--workers", workers) as it:
        assert it.process.stdout is not None
        [said] = fits("run", it.process.stdout.readline())
        page, _, token = said["inspector"].partition("/enter#token=")
        with httpx.Client(trust_env=False, headers={"x-asgi-mw": "1"}) as client:
            client.get(f"{it.url}/own")
            entered = client.post(f"{page}/enter", json={"token": token})
            seen = client.get(f"{page}/api/exchanges").status_code
        it.stop()
    recorded = [one.path for one in open_store(".asgi-mw").exchanges() if one.type == "http"]
    assert (f"{it.url}/__asgi__", 200, 200) == (page, entered.status_code, seen)
    assert "/own" in recorded
    assert not any(path.startswith("/__asgi__") for path in recorded)
    assert "#token=" not in it.err  # nor another address of it


@pytest.mark.parametrize(
    ("environment", "wanted", "uds", "path"),
    [
        ({}, None, None, "/x"),
        ({}, False, None, None),
        ({"APP_ENV": "production"}, None, None, None),
        ({"APP_ENV": "production"}, True, None, "/x"),
        ({"ASGI_MW_INSPECTOR": "0"}, None, None, None),
        ({"APP_ENV": "production", "ASGI_MW_INSPECTOR": "1"}, None, None, "/x"),
        ({}, None, "/tmp/socket", None),  # nothing is made there
        ({}, True, "/tmp/socket", "/x"),  # the same
    ],
)
def test_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    wanted: bool | None,  # noqa: FBT001  # a column of the table
    uds: str | None,
    path: str | None,
) -> None:
    """Not in production and not on a Unix socket, unless somebody says so."""
    for name in (*STAGES, "DJANGO_SETTINGS_MODULE", "ASGI_MW_INSPECTOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert path == Page(wanted, "/x", (), ()).path_for(replace(AT, uds=uds))


@pytest.mark.parametrize(
    ("host", "own"),
    [
        *(("127.0.0.1", ()), ("0.0.0.0", ()), ("::", ()), ("localhost", ())),  # no server
        ("192.0.2.7", ("192.0.2.7",)),
    ],
)
def test_the_address_that_it_listens_on_is_its_own(host: str, own: tuple[str, ...]) -> None:
    """If it is one that the network has, too."""
    assert own == own_address(replace(AT, host=host))

"""Outgoing calls of httpx and httpx2 are noted, no matter when the client was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from anyio import to_thread

from asgi_mw.inspector.witness import witness
from tests.inspector.witness.told import noted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """One of the two."""
    found: ModuleType = request.param
    return found


@pytest.fixture
def before(library: ModuleType) -> tuple[Any, Any]:
    """Clients that were made before anything was witnessed; the app answers by the path."""

    def answer(asked: Any) -> Any:
        if asked.url.path == "/moved":
            return library.Response(302, headers={"location": "/"})
        if asked.url.path == "/broken":
            message = "cannot connect"
            raise library.ConnectError(message)
        return library.Response(int(asked.url.path.strip("/") or 200))

    transport = library.MockTransport(answer)
    return (
        library.Client(transport=transport, base_url="https://shop.test", follow_redirects=True),
        library.AsyncClient(
            transport=transport, base_url="https://shop.test", follow_redirects=True
        ),
    )


@pytest.fixture
def _witnessed(before: tuple[Any, Any]) -> Iterator[None]:
    assert before
    with witness(logs=False, spans=False):
        yield


@pytest.mark.usefixtures("_witnessed")
async def test_a_call(before: tuple[Any, Any]) -> None:
    """The note has its method, its URL without secrets, its status and how long it took."""
    [note] = await noted(lambda: before[1].get("/?api_key=hush"))
    url = "https://shop.test/?api_key=[redacted]"
    assert ("call", f"GET {url}", None) == (note.kind, note.title, note.level)
    assert {"method": "GET", "url": url, "status": 200} == note.detail
    assert note.until is not None


@pytest.mark.usefixtures("_witnessed")
async def test_a_call_from_a_thread(before: tuple[Any, Any]) -> None:
    """The client knows no event loop."""
    [note] = await noted(lambda: to_thread.run_sync(before[0].get, "/404"))
    assert ("warning", 404) == (note.level, note.detail["status"])


@pytest.mark.usefixtures("_witnessed")
@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
async def test_a_call_that_fails(before: tuple[Any, Any], library: ModuleType, which: int) -> None:
    """The same exception goes on, and the note names it."""

    async def post() -> None:
        if which:
            await before[1].post("/broken")
        else:
            before[0].post("/broken")

    async def work() -> None:
        with pytest.raises(library.ConnectError, match="cannot connect"):
            await post()

    [note] = await noted(work)
    assert ("error", f"{library.__name__}.ConnectError: cannot connect") == (
        *(note.level, note.detail["error"]),
    )


@pytest.mark.usefixtures("_witnessed")
async def test_a_call_that_was_sent_elsewhere(before: tuple[Any, Any]) -> None:
    """It is one call for the app; the note says where the answer came from."""
    [note] = await noted(lambda: before[1].get("/moved"))
    assert (200, 1, "https://shop.test/") == (
        *(note.detail[name] for name in ("status", "redirects", "answered_by")),
    )


async def test_removed_nothing_is_left(before: tuple[Any, Any], library: ModuleType) -> None:
    """The classes are what they were."""
    sends = vars(library.Client)["send"], vars(library.AsyncClient)["send"]
    with witness():
        assert vars(library.Client)["send"] is not sends[0]
    assert sends == (vars(library.Client)["send"], vars(library.AsyncClient)["send"])
    assert [] == await noted(lambda: before[1].get("/"))

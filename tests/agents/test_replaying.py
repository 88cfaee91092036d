"""A replay has a process of its own: the app as its code is now, and nothing of it is left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import psutil
import pytest
from anyio import to_thread

from asgi_mw.agents.looking import NoAnswerError, Recordings
from asgi_mw.agents.replaying import Replays
from tests.cli.serving import eventually
from tests.cli.shops import ask, shops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.agents.untrusted import Answer

pytestmark = pytest.mark.anyio
OPTIONS = ("--app=shop:app", "--once")
# It never starts, nor do those end that it has started
HANGS = """
import os
import pathlib
import subprocess
import sys

other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
pathlib.Path("pids").write_text(f"{os.getpid()} {other.pid}")
other.wait()
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a shop, and what was recorded of it."""
    monkeypatch.chdir(tmp_path)
    shops(tmp_path, monkeypatch)
    secret = [("authorization", "Bearer s3cret")]
    ask("traffic", "shop", ("GET", "/items"), ("POST", "/items"), ("WS", "/prices"))
    ask("traffic", "shop", ("GET", "/whoami"), headers=secret)
    return tmp_path


async def replayed(replays: Replays, words: str = "", names: Sequence[str] = ()) -> Answer:
    """Replay at most ten."""

    async def nothing(_: float) -> None:
        pass

    return await replays.replay(Recordings("traffic"), names, words, limit=10, progress=nothing)


async def test_the_app_is_the_code_as_it_is_now(here: Path) -> None:
    """What it prints is beside the report, and what is unsafe is left out."""
    replays = Replays(OPTIONS, secrets={})
    first = await replayed(replays, "path:/items")
    text = await to_thread.run_sync((here / "fixed.py").read_text)
    await to_thread.run_sync((here / "shop.py").write_text, text.replace("12", "14"))
    second = await replayed(replays, "path:/items")
    assert [
        {"replayed": 1, "left_out": 1, "fails": False},
        {"replayed": 1, "left_out": 1, "fails": True},
    ] == [first.said, second.said]
    [difference] = second.recorded["report"]["pairs"][0]["differences"]
    assert ("$.items[2].price", 12, 14) == (
        difference["path"],
        difference["left"],
        difference["right"],
    )
    assert "the shop prints as it starts\n" == second.recorded["said"]


async def test_secrets_are_given_and_not_shown(here: Path) -> None:
    """Neither in the report nor in what the app prints; no argument has them."""
    shop = here / "shop.py"
    text = await to_thread.run_sync(shop.read_text)
    loud = text.replace('.removeprefix(b"Bearer ")', "; print(body)")
    await to_thread.run_sync(shop.write_text, loud)
    replays = Replays(
        [*OPTIONS, "--secret=authorization=env:THE_SECRET"],
        secrets={"THE_SECRET": "t0p-5ecret"},
    )
    found = await replayed(replays, names=["last"])
    assert "t0p-5ecret" not in str(found)
    assert "b'Bearer [redacted]'" in found.recorded["said"]


@pytest.mark.usefixtures("here")
async def test_what_changes_something_may_be_allowed() -> None:
    """Requests of other methods, and WebSockets."""
    found = await replayed(
        Replays([*OPTIONS, "--unsafe"], unsafe=True, secrets={}), "-path:/whoami"
    )
    assert {"replayed": 3, "left_out": 0, "fails": False} == found.said


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("method:POST", "1 exchange may change something, as every method but GET, HEAD, OPTIONS"),
        ("type:ws", "the user has to start asgi-mw mcp with --unsafe to have that replayed"),
        ("path:/nowhere", "nothing that is over matches: look with list_exchanges"),
    ],
)
async def test_what_is_not_replayed_is_said(words: str, said: str) -> None:
    """And what to do; no process was started."""
    with pytest.raises(NoAnswerError, match=said):
        await replayed(Replays(["--app=never:asked"], secrets={}), words)


@pytest.mark.usefixtures("here")
async def test_a_name_is_never_an_option() -> None:
    """It comes from an agent, which may have read it in a recording."""
    with pytest.raises(NoAnswerError, match="no exchange has an id"):
        await replayed(Replays(OPTIONS, secrets={}), names=["--to=http://192.0.2.1"])


@pytest.mark.usefixtures("here")
async def test_an_app_that_is_none_is_said() -> None:
    """In the words of `replay`."""
    with pytest.raises(NoAnswerError, match="ended with status 1") as refused:
        await replayed(Replays(["--app=shop:nothing"], secrets={}))
    assert "has no 'nothing'" in refused.value.recorded["said"]


@pytest.mark.parametrize("ending", ["cancelled", "ended"])
async def test_nothing_runs_on(here: Path, ending: str) -> None:
    """Neither the app, nor what it started."""
    await to_thread.run_sync((here / "hangs.py").write_text, HANGS)
    replays = Replays(["--app=hangs:app"], secrets={})

    def started() -> list[int]:
        pids = Path("pids")
        return [int(one) for one in pids.read_text().split()] if pids.exists() else []

    async with anyio.create_task_group() as group:

        async def hanging() -> None:
            with pytest.raises(NoAnswerError, match="ended with status -9"):
                await replayed(replays)

        group.start_soon(hanging)
        pids = await to_thread.run_sync(eventually, started)
        if ending == "cancelled":
            group.cancel_scope.cancel()
        else:
            replays.end()
    assert 2 == len(pids)
    await to_thread.run_sync(eventually, lambda: not any(map(_runs, pids)))


def _runs(pid: int) -> bool:
    """Whether it does; one that nobody has asked for its status does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and pid != os.getpid()
    except psutil.NoSuchProcess:
        return False

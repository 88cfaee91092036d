"""An agent looks at the history of a fleet as at a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from anyio import to_thread

from asgi_mw.agents import waiting
from asgi_mw.agents.looking import Recordings
from asgi_mw.agents.waiting import next_exchange
from tests.recorder.made import made
from tests.recorder.postgres.shipped import put

if TYPE_CHECKING:
    from asgi_mw.recorder.postgres import PostgresStore


def test_it_is_listed_and_shown(address: str, history: PostgresStore) -> None:
    """A page at a time."""
    put(history, [made(number) for number in (1, 2, 3)])
    recordings = Recordings(address)
    first = recordings.listed("", limit=2, before=None)
    second = recordings.listed("", limit=2, before=first.said["next"])
    ids = [one["id"] for page in (first, second) for one in page.recorded["exchanges"]]
    assert [made(number).id for number in (3, 2, 1)] == ids
    shown = recordings.shown("last", "", longest=100, first=0)
    assert ids[0] == shown.recorded["exchange"]["id"]


@pytest.mark.anyio
async def test_what_is_shipped_is_waited_for(
    address: str, history: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as it is there."""
    monkeypatch.setattr(waiting, "_POLL_SECONDS", 0)
    await to_thread.run_sync(put, history, [made(1)])

    async def progress(_: float) -> None:
        await to_thread.run_sync(put, history, [made(2)])

    found = await next_exchange(Recordings(address), "", seconds=600, after=None, progress=progress)
    assert made(2).id == found.recorded["exchange"]["id"]


def test_one_that_cannot_be_reached_is_a_problem() -> None:
    """Said without its password; nothing listens on this port."""
    recordings = Recordings("postgresql://ada:s3cret@127.0.0.1:1/traffic")
    found = recordings.judged("", limit=1, profile="spec", step=lambda: None)
    assert 0 == found.said["judged"]
    assert "127.0.0.1:1" in found.recorded["problems"][0]
    assert "s3cret" not in str(found)

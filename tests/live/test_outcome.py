"""Log, span and recording call a response complete that the client got whole."""

from __future__ import annotations

import json
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.servers import ask, get, running
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

PATHS = ["/starlette", "/litestar/stream", "/litestar/events"]


def facts_in(path: Path, count: int) -> list[dict[str, Any]]:
    """What was told, once so many lines are there."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            break
        sleep(0.05)
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("server", ["hypercorn-trio", "hypercorn"])
def test_a_stream_that_the_client_got_is_complete(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypercorn says the disconnect while the last send is under way."""
    monkeypatch.setenv("ASGI_MW_TOLD", str(tmp_path / "told"))
    with running(server, "tests.live.outcome_app:app") as port:
        for path in PATHS:
            [answer] = ask(port, get(path))
            assert answer.body.endswith(b"2\n\n") or b"data: 2" in answer.body
        facts = facts_in(tmp_path / "told", 3 * len(PATHS))

    outcomes = [fact.get("log") or fact.get("span") or fact.get("record") for fact in facts]
    assert outcomes == ["complete"] * (3 * len(PATHS))

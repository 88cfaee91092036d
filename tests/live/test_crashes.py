"""A crash is one traceback in all that a server prints, whoever else logs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.live.servers import ask, get, running

if TYPE_CHECKING:
    from pathlib import Path

FRAMEWORKS = ["django", "fastapi", "litestar", "nexios", "plain", "quart"]
_BEGINNING = "Traceback (most recent call last)"


def printed(server: str, log: Path) -> str:
    """What the server prints while each of the apps crashes."""
    with running(server, "tests.live.crashing_app:app", log) as port:
        for name in FRAMEWORKS:
            [answer] = ask(port, get(f"/{name}"))
            assert answer.status == 500
    return log.read_text()


@pytest.mark.parametrize("server", ["uvicorn-h11", "hypercorn", "granian", "gunicorn"])
def test_a_crash_is_one_traceback_on_the_console(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frames of the app in it, and nothing of a library's but their number."""
    monkeypatch.setenv("ASGI_MW_FORMAT", "console")
    text = printed(server, tmp_path / "log")

    assert text.count(_BEGINNING) == len(FRAMEWORKS), text
    assert text.count("    raise KeyError(name)") == len(FRAMEWORKS)
    assert "site-packages" not in text
    for name in FRAMEWORKS:
        assert text.count(f"\n  KeyError: '{name}'\n") == 1, name
        assert text.count(f" 500 GET     /{name} ") == 1, name


@pytest.mark.parametrize("server", ["uvicorn-h11", "granian"])
def test_a_crash_is_one_traceback_in_json(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under one key, in one of the records; the others say what they have to say."""
    monkeypatch.setenv("ASGI_MW_FORMAT", "json")
    text = printed(server, tmp_path / "log")

    records = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    told = [record["exception"] for record in records if "exception" in record]
    served = [record["status"] for record in records if record["event"] == "http"]
    assert [one.rpartition("KeyError: ")[2] for one in told] == [repr(name) for name in FRAMEWORKS]
    assert served == [500] * len(FRAMEWORKS)
    assert len([line for line in text.splitlines() if _BEGINNING in line]) == len(FRAMEWORKS), text

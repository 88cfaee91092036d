"""``asgi-mw tail`` shows what was there, and then what comes."""

from __future__ import annotations

import json
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from asgi_mw.cli import tail
from asgi_mw.cli.tail import following
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.results import Found
from tests.cli.facts import IN_FLIGHT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from asgi_mw.events import Exchange

    Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll without waiting."""
    monkeypatch.setattr(tail, "_POLL_SECONDS", 0)


def test_the_last_and_then_the_next(store: Path, add: Callable[[str], None]) -> None:
    """Nothing is missed between the two, and nothing shown twice."""
    found = following(open_store(store), Query(method="GET", path="/[mnu]*"), 9)
    paths = [one.path for one in islice(found, 2)]
    add("/new")
    paths += [one.path for one in islice(found, 1)]
    add("/newer")
    paths += [one.path for one in islice(found, 1)]
    assert ["/users/7", "/missing", "/new", "/newer"] == paths


def test_what_comes_is_filtered(store: Path, add: Callable[[str], None]) -> None:
    """As in `ls`."""
    found = following(open_store(store), Query(path="/new*"), 10)
    add("/other")
    add("/new")
    assert "/new" == next(found).path


def ends_after(polls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C come in the pause after so many polls."""
    pauses = iter(range(1, polls))

    def pause(_: float) -> None:
        if next(pauses, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(tail, "sleep", pause)


@pytest.mark.parametrize(("query", "count"), [(Query(), 1), (Query(method="GET"), 0)])
def test_what_is_in_flight_is_shown_once(
    store: Path, monkeypatch: pytest.MonkeyPatch, query: Query, count: int
) -> None:
    """Again only when it is over; filters hold for it too."""
    opened = open_store(store)
    monkeypatch.setattr(opened, "in_flight", lambda: Found([IN_FLIGHT]))
    ends_after(11, monkeypatch)
    seen: deque[Exchange] = deque()
    with pytest.raises(KeyboardInterrupt):
        seen.extend(following(opened, query, 0))
    assert [IN_FLIGHT] * count == list(seen)


@pytest.mark.usefixtures("store")
def test_ctrl_c_is_the_way_to_end_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is 0, and the lines are aligned like those of `ls`."""
    ends_after(1, monkeypatch)
    result = cli("tail", "-n", "2")
    assert (0, 3) == (result.exit_code, len(result.stdout.splitlines()))
    head, line, _ = result.stdout.splitlines()
    assert head.index("PATH") == line.index("/ws")


@pytest.mark.usefixtures("store")
def test_json_has_a_line_for_each(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no head."""
    ends_after(1, monkeypatch)
    result = cli("tail", "--json", "--status", "404")
    assert ["/missing"] == [json.loads(line)["path"] for line in result.stdout.splitlines()]


def test_it_waits_for_a_store(cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so once, and shows what comes when it is there."""
    elsewhere = store.rename(store.parent / "later")
    pauses = iter(range(5))

    def pause(_: float) -> None:
        if next(pauses, None) is None:
            raise KeyboardInterrupt
        if elsewhere.exists() and not store.exists() and next(pauses) > 1:
            elsewhere.rename(store)

    monkeypatch.setattr(tail, "sleep", pause)
    result = cli("tail", "--json", "--status", "404")
    assert (0, "Waiting for recordings at .asgi-mw; Ctrl-C ends it.\n") == (
        result.exit_code,
        result.stderr,
    )
    assert ["/missing"] == [json.loads(line)["path"] for line in result.stdout.splitlines()]


def test_another_folder_is_waited_for(
    cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was meant is named."""
    ends_after(3, monkeypatch)
    assert f"at {store.parent} (did you mean {store}?); Ctrl-C ends it.\n" in (
        cli("tail", "--store", store.parent).stderr
    )


@pytest.mark.usefixtures("here")
def test_waiting_ends_with_ctrl_c(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """With status 0, and nothing on stdout."""
    ends_after(3, monkeypatch)
    result = cli("tail")
    assert (0, "") == (result.exit_code, result.stdout)


@pytest.mark.usefixtures("here")
def test_a_store_in_memory_is_not_waited_for(cli: Cli) -> None:
    """No other process will ever fill it."""
    result = cli("tail", "--store", "memory:")
    assert 1 == result.exit_code
    assert "record to a folder" in result.stderr

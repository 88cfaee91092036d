"""``asgi-mw import``: what a file holds becomes recordings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from asgi_mw.recorder.adding import add
from tests.recorder.made import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

GOOD = {
    "startedDateTime": "2026-05-04T10:00:00Z",
    "request": {"url": "http://a/b", "method": "GET"},
}


def har(*entries: object) -> str:
    """An archive."""
    return json.dumps({"log": {"entries": entries}})


@pytest.mark.parametrize("kind", ["har", "jsonl"])
@pytest.mark.usefixtures("store")
def test_what_was_exported_is_there_again(cli: Cli, here: Path, kind: str) -> None:
    """For ls and show; twice is as once."""
    cli("export", "--as", kind, "-o", "out")
    first = cli("import", "out", "--store", "other")
    assert (0, "Imported 5 exchanges from out.\n") == (first.exit_code, first.stdout)
    assert "ls --store other" in first.stderr
    again = cli("import", "out", "--store", "other")
    assert "Imported 0 exchanges from out; 5 were there already.\n" == again.stdout
    assert 5 == open_store(here / "other").count()
    listed = [
        [json.loads(line)["id"] for line in cli("ls", "--json", *store).stdout.splitlines()]
        for store in ([], ["--store", "other"])
    ]
    assert listed[0] == listed[1]
    shown = json.loads(cli("show", "last", "--json", "--store", "other").stdout)
    assert (("har:out", 0) == (shown["worker"]["host"], shown["worker"]["pid"])) is (kind == "har")


def test_an_import_from_standard_input(cli: Cli, here: Path) -> None:
    """Into the store of the other commands."""
    done = cli("import", "-", "--json", input=har(GOOD, GOOD, 3))
    assert {
        "file": "-",
        "store": ".asgi-mw",
        "new": 1,
        "known": 1,
        "left_out": {"it is no object": 1},
        "missing": {},
        "refused": 0,
        "problems": [],
    } == json.loads(done.stdout)
    [one] = open_store(here / ".asgi-mw").exchanges()
    assert ("/b", "har:-") == (one.path, one.worker.host)


def test_what_cannot_be_represented_is_said(cli: Cli, here: Path) -> None:
    """How often, of what."""
    (here / "a.har").write_text(
        har(
            GOOD | {"response": {"status": 200, "content": {"size": 9}}},
            GOOD | {"request": {"url": "data:,x"}},
        )
    )
    done = cli("import", "a.har")
    assert 0 == done.exit_code
    assert "1 entry left out: a URL that is none of HTTP: data\n" in done.stderr
    assert "not to be kept: 1 response bodies that the file does not have\n" in done.stderr


def test_a_damaged_file_is_imported_as_far_as_it_goes(cli: Cli, here: Path) -> None:
    """With status 2."""
    (here / "a.har").write_text(har(GOOD, GOOD | {"time": 2})[:-40])
    done = cli("import", "a.har")
    assert (2, "Imported 1 exchange from a.har.\n") == (done.exit_code, done.stdout)
    assert "Error: a.har: character " in done.stderr


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 1, "neither an HTTP archive nor JSON Lines"),
        (b"<html>", 1, "neither an HTTP archive nor JSON Lines"),
        (b'{"a": 1}', 1, "there is no 'log'"),
        (b"PK\x03\x04", 1, "is packed: unpack it first"),
        (b"\x1f\x8b\x08", 1, "as with gunzip"),
    ],
)
def test_what_is_neither_is_refused(
    cli: Cli, here: Path, content: bytes, status: int, said: str
) -> None:
    """And nothing is made."""
    (here / "file").write_bytes(content)
    done = cli("import", "file")
    assert (status, "") == (done.exit_code, done.stdout)
    assert said in done.stderr
    assert not (here / ".asgi-mw").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("memory:", "give the path of one"), ("mysql://a", "no store is known by that name")],
)
def test_a_store_that_is_no_folder_is_refused(cli: Cli, here: Path, name: str, said: str) -> None:
    """With status 2, and no folder is called so."""
    (here / "a.har").write_text(har(GOOD))
    done = cli("import", "a.har", "--store", name)
    assert (2, True) == (done.exit_code, said in done.stderr)
    assert ["a.har"] == [path.name for path in here.iterdir()]


@pytest.mark.usefixtures("here")
def test_a_file_that_is_not_there_is_named(cli: Cli) -> None:
    """With status 1."""
    done = cli("import", "nowhere.har")
    assert (1, "Error: nowhere.har: No such file or directory\n") == (done.exit_code, done.stderr)


def test_the_mark_of_what_is_kept_comes_along(cli: Cli, here: Path) -> None:
    """In JSON Lines."""
    add(here / ".asgi-mw", [made(1), made(2)])
    cli("keep", f"{1:032x}")
    cli("export", "--as", "jsonl", "-o", "out")
    cli("import", "out", "--store", "other")
    assert [False, True] == [one.kept for one in open_store(here / "other").exchanges()]
    assert list(open_store(here / ".asgi-mw").exchanges()) == list(
        open_store(here / "other").exchanges()
    )

"""``asgi-mw diff`` compares two exchanges, two stores, or an app with what was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from asgi_mw import open_store
from asgi_mw.cli import replaying
from tests.cli.shops import ask, shops

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

SAFE = (("GET", "/items"), ("GET", "/events"))
ALL = (*SAFE, ("WS", "/prices"))


@pytest.fixture
def shop(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the versions of a shop; nobody waits for a clock to go on."""
    shops(here, monkeypatch)
    monkeypatch.setattr(replaying, "APART", 0.0)
    return here / ".asgi-mw"


def report(result: Result) -> dict[str, Any]:
    """The report, as JSON."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_two_exchanges_are_compared(shop: Path, cli: Cli) -> None:
    """Whatever they asked for; ids as `show` takes them."""
    ask(shop, "shop", ("GET", "/items?a"), ("GET", "/items?a"), ("GET", "/items?b"))
    last, *_, first = (one.id for one in open_store(shop).exchanges())
    again = cli("diff", first, first)
    other = cli("diff", first[-8:], "last")

    assert (0, 1) == (again.exit_code, other.exit_code)
    assert "✓ 1 exchange compared: no difference\n" in again.stdout
    assert other.stdout == (
        "✗ GET /items?a → GET /items?b  200 → 200  2 differences\n"
        '    request query: "a" → "b"\n'
        "    body $.at: 1 → 3\n"
        "\n"
        "✗ 1 exchange compared: 1 differs\n"
    )
    assert last == report(cli("diff", first, "last", "--json"))["pairs"][0]["right"]["id"]


@pytest.mark.parametrize(
    "words",
    [
        ["old", "old", "path:/nowhere"],
        ["--baseline", "old", "--app", "shop:app", "path:/nowhere"],
    ],
)
def test_nothing_to_compare_is_no_success(shop: Path, cli: Cli, words: list[str]) -> None:
    """A gate that compares nothing would be open for ever."""
    ask("old", "shop", *SAFE)
    result = cli("diff", *words)
    assert (1, "✗ nothing to compare\n") == (result.exit_code, result.stdout)
    assert (True, []) == tuple(
        report(cli("diff", *words, "--json"))[one] for one in ("fails", "pairs")
    )


def test_two_stores_are_compared(shop: Path, cli: Cli) -> None:
    """Each request with the same of the other; what only one has is listed."""
    ask("old", "shop", *ALL, ("GET", "/gone"))
    ask("new", "bugs", ("GET", "/fresh"), *reversed(ALL))
    result = cli("diff", "old", "new")

    assert 1 == result.exit_code
    assert result.stdout == (
        "✗ GET /items  200 → 200  2 differences\n"
        "    body $.at: 1 → 3\n"
        "    body $.items[2].price: 12 → 13\n"
        "✗ GET /events  200 → 200  1 difference\n"
        "    message 2 $.items[2].price: 12 → 13\n"
        "✗ WS /prices  101 1000 → 101 1000  2 differences\n"
        "    message 1 $.items[2].price: 12 → 13\n"
        "    message 2 $.items[2].price: 12 → 13\n"
        "- GET /gone  200  only on the left\n"
        "+ GET /fresh  200  only on the right\n"
        "\n"
        "✗ 3 exchanges compared: 3 differ, 1 only on the left, 1 only on the right\n"
    )


def test_what_differs_within_one_store_differs_by_itself(shop: Path, cli: Cli) -> None:
    """Seen where it has the same request several times."""
    ask("old", "shop", *SAFE, ("GET", "/items"))
    ask("new", "shop", ("GET", "/events"), *SAFE, ("GET", "/items"))
    result = cli("diff", "old", "new", "path:/items")
    assert result.stdout == (
        "✓ GET /items  200 → 200\n"
        "✓ GET /items  200 → 200\n"
        "\n"
        "✓ 2 exchanges compared: no difference\n"
        "left out as it differs by itself: body $.at\n"
    )


def test_a_store_is_replayed_and_reported(shop: Path, cli: Cli) -> None:
    """As by `replay`, with the formats of a report."""
    ask("old", "shop", *ALL)
    same = cli("diff", "--baseline", "old", "--app", "shop:app", "--unsafe")
    bugs = cli("diff", "--baseline", "old", "--app", "bugs:app", "path:/events", "--json")

    assert (0, 1) == (same.exit_code, bugs.exit_code)
    assert "✓ 3 exchanges compared: no difference\n" in same.stdout
    assert report(bugs) | {"pairs": []} == {
        "left": "old",
        "right": "bugs:app",
        "fails": True,
        "counts": {"alike": 0, "different": 1, "added": 0, "removed": 0},
        "left_out": {},
        "noise": [],
        "troubles": [],
        "problems": [],
        "pairs": [],
    }
    [pair] = report(bugs)["pairs"]
    answered = {"status": 200, "status_by": "app", "close": None}
    assert [answered, answered] == [
        {name: value for name, value in pair[side].items() if name != "id"}
        for side in ("left", "right")
    ]
    assert [
        {
            "part": "message",
            "path": "2 $.items[2].price",
            "kind": "changed",
            "left": 12,
            "right": 13,
        }
    ] == pair["differences"]


@pytest.mark.parametrize(
    "named",
    [
        ["--ignore", "body $.items"],
        ["--ignore", "body"],
        ["--match", "body $.items[*].price=tolerance:1.5"],
        ["--match", "body $.items[2].price=present"],
        ["--match", "body $.items*=present"],
    ],
    ids=str,
)
def test_what_is_alike_can_be_said(shop: Path, cli: Cli, named: list[str]) -> None:
    """Ignored, near enough, or there at all."""
    ask("old", "shop", ("GET", "/items"))
    ask("new", "bugs", ("GET", "/items"))
    assert (1, 0) == (
        cli("diff", "old", "new").exit_code,
        cli("diff", "old", "new", *named).exit_code,
    )


def test_text_may_fit_a_pattern(shop: Path, cli: Cli) -> None:
    """As a whole, on both sides."""
    ask("old", "shop", ("GET", "/evil"))
    ask("new", "bugs", ("GET", "/evil"))
    codes = [
        cli("diff", "old", "new", "--match", f"body $.said=regex:{pattern}").exit_code
        for pattern in ("[^a]+", "h.")
    ]
    assert [0, 1] == codes


@pytest.mark.parametrize("kind", ["text", "json", "markdown", "junit"])
def test_a_report_can_be_written_to_a_file(shop: Path, cli: Cli, here: Path, kind: str) -> None:
    """It is what would have been printed; where it is, is said."""
    ask("old", "shop", *SAFE)
    ask("new", "bugs", *SAFE)
    printed = cli("diff", "old", "new", "--format", kind)
    written = cli("diff", "old", "new", "--format", kind, "-o", "report")

    assert (1, 1, "") == (printed.exit_code, written.exit_code, written.stdout)
    assert printed.stdout == (here / "report").read_text("utf-8")
    assert "2 exchanges compared: 2 differ; see report\n" == written.stderr


def test_markdown_is_for_a_pull_request(shop: Path, cli: Cli) -> None:
    """A table, and what differs to be unfolded."""
    ask("old", "shop", ("GET", "/items"), ("GET", "/gone"))
    ask("new", "bugs", ("GET", "/items"))
    result = cli("diff", "old", "new", "--format", "markdown")
    assert result.stdout == (
        "### ✗ <code>old</code> → <code>new</code>\n"
        "\n"
        "1 exchange compared: 1 differs, 1 only on the left.\n"
        "\n"
        "| | Request | Status | |\n"
        "|---|---|---|---|\n"
        "| ✗ | <code>GET &#47;items</code> | 200 → 200 | 1 difference |\n"
        "| - | <code>GET &#47;gone</code> | 200 | only on the left |\n"
        "\n"
        "\n"
        "<details><summary><code>GET &#47;items</code></summary>\n"
        "\n"
        "```diff\n"
        "  body $.items[2].price\n"
        "- 12\n"
        "+ 13\n"
        "```\n"
        "\n"
        "</details>\n"
    )


def test_each_pair_is_a_case_of_junit(shop: Path, cli: Cli) -> None:
    """One that differs failed."""
    ask("old", "shop", ("GET", "/items"), ("GET", "/other"))
    ask("new", "bugs", ("GET", "/items"), ("GET", "/other"))
    [suite] = ET.fromstring(cli("diff", "old", "new", "--format", "junit").stdout)
    assert ("old → new", "2", "1") == (
        suite.attrib["name"],
        suite.attrib["tests"],
        suite.attrib["failures"],
    )
    [failure] = suite.iter("failure")
    assert failure.text is not None
    assert failure.text.startswith("body $.items[2].price: 12 → 13\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to compare: two ids, two stores, or --baseline with --app"),
        (["old"], "say what to compare"),
        (["old", "ffff"], "old is a store, and the other is none"),
        (["--baseline", "old"], "add --app module:app, or --to"),
        (["--baseline", "old", "new", "--app", "shop:app"], "leave them out"),
        (["old", "old", "--app", "shop:app"], "--app is for a replay: add --baseline STORE"),
        (["old", "old", "--unsafe"], "--unsafe is for a replay"),
        (["old", "old", "--json", "--format", "junit"], "--json is --format json"),
        (["old", "old", "--match", "body"], "write NAME=regex:PATTERN, NAME=present or"),
        (["old", "old", "--match", "body=regex:("], "its pattern is none"),
        (["old", "old", "--match", "body=tolerance:-1"], "its tolerance is no number from 0 on"),
        (["old", "old", "--match", "body=tolerance:x"], "its tolerance is no number, as 0.01"),
        (["old", "old", "--match", "etag=present"], "'etag' names no difference"),
    ],
    ids=str,
)
def test_wrong_usage_says_what_to_write(
    shop: Path, cli: Cli, arguments: list[str], said: str
) -> None:
    """With status 2."""
    ask("old", "shop", ("GET", "/items"))
    result = cli("diff", *arguments)
    assert 2 == result.exit_code
    assert said in " ".join(result.stderr.split())


def test_an_id_that_there_is_not_is_said(shop: Path, cli: Cli) -> None:
    """As by `show`."""
    ask(shop, "shop", ("GET", "/items"))
    result = cli("diff", "last", "ffffffff")
    assert (1, True) == (result.exit_code, "no exchange has an id" in result.stderr)

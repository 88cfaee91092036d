"""``asgi-mw replay`` gives an app again what was recorded, and says what differs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from asgi_mw import open_store
from asgi_mw.cli import choosing, replaying
from asgi_mw.cli.target import load
from tests.cli.fitting import fits
from tests.cli.shops import ask, shops
from tests.live.thread import served
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

ROOT = Path(__file__).parents[2]
SAFE = (("GET", "/items"), ("GET", "/events"))
ALL = (*SAFE, ("WS", "/prices"))


@pytest.fixture
def shop(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the versions of a shop; nobody waits for a clock to go on."""
    shops(here, monkeypatch)
    monkeypatch.setattr(replaying, "APART", 0.0)
    return here / ".asgi-mw"


def test_an_app_that_does_what_it_did_has_no_difference(shop: Path, cli: Cli) -> None:
    """HTTP, Server-Sent Events and WebSocket; what differs by itself is named."""
    ask(shop, "shop", *ALL)
    result = cli("replay", "--app", "shop:app", "--unsafe")

    assert (0, "the shop prints as it starts\n") == (result.exit_code, result.stderr)
    assert result.stdout == (
        "✓ GET /items  200 → 200\n"
        "✓ GET /events  200 → 200\n"
        "✓ WS /prices  101 1000 → 101 1000\n"
        "\n"
        "✓ 3 exchanges compared: no difference\n"
        "left out as it differs by itself: body $.at\n"
    )


def test_a_bug_of_today_is_named_by_its_path(shop: Path, cli: Cli) -> None:
    """In an answer, an event of a stream and a message of a WebSocket."""
    ask(shop, "shop", *ALL)
    result = cli("replay", "--app", "bugs:app", "--unsafe")

    assert 1 == result.exit_code
    assert result.stdout == (
        "✗ GET /items  200 → 200  1 difference\n"
        "    body $.items[2].price: 12 → 13\n"
        "✗ GET /events  200 → 200  1 difference\n"
        "    message 2 $.items[2].price: 12 → 13\n"
        "✗ WS /prices  101 1000 → 101 1000  2 differences\n"
        "    message 1 $.items[2].price: 12 → 13\n"
        "    message 2 $.items[2].price: 12 → 13\n"
        "\n"
        "✗ 3 exchanges compared: 3 differ\n"
    )


def test_a_handler_that_crashed_is_replayed_until_it_is_fixed(shop: Path, cli: Cli) -> None:
    """First as it was, then as it is with the fix."""
    ask(shop, "shop", ("POST", "/half"), body=b'{"count": 0}')
    before = cli("replay", "last-error", "--app", "shop:app", "--unsafe")
    after = cli("replay", "last-error", "--app", "fixed:app", "--unsafe")

    assert before.stdout.startswith("✓ POST /half  500* → 500*\n")
    assert after.stdout.startswith("✗ POST /half  500* → 422  5 differences\n")
    assert "    status: 500 → 422\n" in after.stdout
    assert '    error: - "ZeroDivisionError: division by zero"\n' in after.stdout
    assert (0, 1) == (before.exit_code, after.exit_code)


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        ([], ["/items", "/events", "/items"]),
        (["path:/items"], ["/items", "/items"]),
        (["-path:/items"], ["/events"]),
        (["--path", "/events"], ["/events"]),
        (["--limit", "1"], ["/items"]),
        (["last"], ["/items"]),
        (["last", "path:/events"], ["/events"]),
        (["--since", "1h", "--limit", "2"], ["/events", "/items"]),
    ],
    ids=str,
)
def test_what_is_replayed_is_chosen_as_for_ls(
    shop: Path, cli: Cli, arguments: list[str], paths: list[str]
) -> None:
    """And the oldest is replayed first."""
    ask(shop, "shop", *SAFE, ("GET", "/items"))
    result = cli("replay", "--app", "shop:app", *arguments, "--json")

    assert [f"GET {path}" for path in paths] == [
        one["what"] for one in json.loads(result.stdout)["pairs"]
    ]


def test_ids_are_as_show_takes_them(shop: Path, cli: Cli) -> None:
    """Several; one that there is not is said."""
    ask(shop, "shop", *SAFE)
    ids = [one.id for one in open_store(shop).exchanges()]
    result = cli("replay", *[one[-8:] for one in ids], "--app", "shop:app", "--json")
    missing = cli("replay", "ffffffff", "--app", "shop:app")

    assert sorted(ids) == [one["left"]["id"] for one in json.loads(result.stdout)["pairs"]]
    assert (1, True) == (missing.exit_code, "no exchange has an id" in missing.stderr)


def test_what_may_change_something_is_left_out(shop: Path, cli: Cli) -> None:
    """That is said; if nothing is left, it is refused."""
    ask(shop, "shop", ("GET", "/items"), ("POST", "/orders"), ("WS", "/prices"))
    some = cli("replay", "--app", "shop:app")
    none = cli("replay", "method:POST", "--app", "shop:app")
    plain = json.loads(cli("replay", "--app", "shop:app", "--json").stdout)

    assert 0 == some.exit_code
    assert "✓ 1 exchange compared: no difference, 2 left out\n" in some.stdout
    assert {"it may change something": 2} == plain["left_out"]
    assert "Note: 2 exchanges may change something, and are left out; add --unsafe" in some.stderr
    assert 2 == none.exit_code
    assert "1 exchange may change something, as POST /orders; add --unsafe" in none.stderr


@pytest.mark.parametrize(("answer", "count"), [("y", 3), ("n", 1)])
def test_somebody_at_a_terminal_is_asked_once(
    shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, answer: str, count: int
) -> None:
    """With a list of what may change something."""
    asked = [("GET", "/events"), ("POST", "/orders"), ("POST", "/items"), ("POST", "/items")]
    ask(shop, "shop", *asked)
    seen: list[Any] = []

    def confirm(text: str, **_: Any) -> bool:
        seen.append(text)
        return answer == "y"

    class Terminal:
        class stdin:  # noqa: N801  # as in sys
            @staticmethod
            def isatty() -> bool:
                return True

        stderr = stdin

    monkeypatch.setattr(choosing, "sys", Terminal)
    monkeypatch.setattr(click, "confirm", confirm)
    result = cli("replay", "-path:/orders", "--app", "shop:app", "--json")

    report = json.loads(result.stdout)
    assert count == len(report["pairs"])
    # Whoever agrees wants to see what differs by itself, too
    assert (["body $.at"] if answer == "y" else []) == report["noise"]
    assert ["Replay them, too?"] == seen
    assert "2 exchanges may change something:\n  POST /items  2 times\n" in result.stderr


def test_secrets_are_used_and_never_shown(
    shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the app says them; what is missing is said before."""
    ask(shop, "shop", ("GET", "/whoami"), headers={"authorization": "Bearer s3cr|et"})
    monkeypatch.setenv("TOKEN", "t0k|en")
    without = cli("replay", "--app", "shop:app")
    given = cli("replay", "--app", "shop:app", "--secret", "Authorization=env:TOKEN")
    plain = cli("replay", "--app", "shop:app", "--secret", "authorization=t0k|en", "--json")

    said = "Note: 'authorization' was masked in 1 exchange: give it with --secret authorization="
    assert without.stderr.startswith(said)
    assert "KeyError" in without.stdout
    assert 1 == given.exit_code
    assert 'body $.you: "s3cr|et" → "[redacted]"' in given.stdout
    assert "t0k|en" not in given.output + plain.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say against what: --app module:app, or --to http://127.0.0.1:8000"),
        (["--app", "shop:app", "--to", "http://127.0.0.1:1"], "leave out one of them"),
        (["--app", "shop:app", "--pace", "slow"], "'slow' is no pace: write recorded, fast"),
        (["--app", "shop:app", "--pace", "0x"], "'0x' is no pace"),
        (["--app", "shop:app", "--timeout", "0"], "--timeout 0 gives it no time"),
        (["--app", "shop:app", "--secret", "hunter2"], "one is not like NAME=env:VARIABLE"),
        (["--app", "shop:app", "--secret", "a="], "a has no value"),
        (["--app", "shop:app", "--secret", "a=env:NOWHERE"], "'NOWHERE' is not set"),
        (["--app", "shop:app", "--ignore", "etag"], "'etag' names no difference: begin with"),
        (["--app", "shop:app", "--keep-host"], "--keep-host is for a server: add --to URL"),
        (["--app", "shop:app", "--allow-host", "a"], "--allow-host is for a server"),
        (["--to", "127.0.0.1:8000"], "is no scheme, host and port"),
        (["--to", "http://127.0.0.1:99999"], "is no scheme, host and port"),
        (["--to", "http://shop.example"], "shop.example is another machine; if you mean it"),
        (["--to", "http://127.0.0.1:8000", "--factory"], "--factory is for an app"),
        (["last", "--limit", "2", "--app", "shop:app"], "--limit is for a filter"),
    ],
    ids=str,
)
def test_wrong_usage_says_what_to_write(
    shop: Path, cli: Cli, arguments: list[str], said: str
) -> None:
    """With status 2; the value of a secret is not said."""
    ask(shop, "shop", ("GET", "/items"))
    result = cli("replay", *arguments)
    assert 2 == result.exit_code
    assert said in " ".join(result.stderr.split())
    assert "hunter2" not in result.output


def test_an_app_that_there_is_not_is_said(shop: Path, cli: Cli) -> None:
    """As by `run`."""
    ask(shop, "shop", ("GET", "/items"))
    result = cli("replay", "--app", "shop:ap")
    assert 1 == result.exit_code
    assert "has no 'ap'; is it 'app'?" in result.stderr


def test_a_factory_is_called(shop: Path, cli: Cli) -> None:
    """As by `run`."""
    ask(shop, "shop", ("GET", "/events"))
    assert 0 == cli("replay", "--app", "shop:make", "--factory").exit_code


def test_nothing_to_replay_is_said(shop: Path, cli: Cli) -> None:
    """It is no success: a gate that compares nothing would be open for ever."""
    ask(shop, "shop", ("GET", "/events"))
    result = cli("replay", "path:/nowhere", "--app", "shop:app")
    assert (1, "Nothing to replay.\n") == (result.exit_code, result.stderr)
    plain = json.loads(cli("replay", "path:/nowhere", "--app", "shop:app", "--json").stdout)
    assert (True, []) == (plain["fails"], plain["pairs"])


def test_what_is_ignored_is_left_out(shop: Path, cli: Cli) -> None:
    """By its name, or a part of it."""
    ask(shop, "shop", ("GET", "/items"))
    named = ["--ignore", "body $.items[*].price", "--ignore", "body $.at"]
    assert 0 == cli("replay", "--app", "bugs:app", *named).exit_code


def test_without_a_second_run_noise_is_a_difference(shop: Path, cli: Cli) -> None:
    """With --once."""
    ask(shop, "shop", ("GET", "/items"), ("GET", "/items"))
    result = cli("replay", "--app", "shop:app", "--once")
    assert 1 == result.exit_code
    assert "body $.at: " in result.stdout
    assert "left out" not in result.stdout


def test_what_the_app_does_now_can_be_kept(shop: Path, cli: Cli, here: Path) -> None:
    """In a store, with the lifespan; the other is as it was."""
    ask(shop, "shop", *SAFE)
    cli("replay", "--app", "bugs:app", "--once", "--keep", "now")
    now = [one.path or one.type for one in open_store(here / "now").exchanges()]
    assert sorted(now) == ["/events", "/items", "lifespan"]
    assert 2 == open_store(shop).stats().exchanges


def test_hostile_text_is_escaped(shop: Path, cli: Cli) -> None:
    """Of the app, and of whoever asked it."""
    ask(shop, "shop", ("GET", "/evil"), ("GET", "/\x1b]0;a\x07"))
    result = cli("replay", "--app", "bugs:app")
    assert 1 == result.exit_code
    assert "\x1b" not in result.output
    assert r'body $.said: "hi" → "\u001b[2J"' in result.stdout


def test_the_pace_is_that_of_the_recording_or_a_factor() -> None:
    """2x takes half the time."""
    from asgi_mw.cli.replay_options import _pace  # noqa: PLC0415  # of this test alone

    context, option = click.Context(click.Command("replay")), click.Option(["--pace"])
    paces = ("recorded", "as-recorded", "fast", "as-fast-as-possible", "2x", "0.5x", "4")
    assert [1.0, 1.0, 0.0, 0.0, 0.5, 2.0, 0.25] == [_pace(context, option, one) for one in paces]


@pytest.mark.parametrize(("store", "count"), [("own/", 1), ("memory:", 0), (None, 0)])
def test_an_app_that_records_by_itself_is_said_to(
    shop: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, store: str | None, count: int
) -> None:
    """Its recordings grow by what is replayed."""
    monkeypatch.setitem(sys.modules, "recording", None)  # to be taken out behind this test
    del sys.modules["recording"]
    ask(shop, "shop", ("GET", "/events"))
    source = f"from asgi_mw import record\nfrom shop import app as inner\nSTORE = {store!r}\n"
    Path("recording.py").write_text(f"{source}app = record(inner, store=STORE)\n", "utf-8")
    result = cli("replay", "--app", "recording:app")
    assert 0 == result.exit_code
    assert count == result.stderr.count("Note: the app has a layer that records: its store")


def test_a_server_is_given_the_same_as_an_app(shop: Path, cli: Cli) -> None:
    """Over sockets; one that does not listen is said."""
    ask(shop, "shop", *ALL)
    with served(load("shop:app")) as port:
        same = cli("replay", "--to", f"http://127.0.0.1:{port}", "--unsafe")
    with served(load("bugs:app")) as port:
        bugs = cli("replay", "--to", f"http://localhost:{port}/", "path:/events", "--json")
    [port] = free_ports(1)
    nobody = cli("replay", "--to", f"http://127.0.0.1:{port}")

    assert (0, 1, 1) == (same.exit_code, bugs.exit_code, nobody.exit_code)
    assert "✓ 3 exchanges compared: no difference\n" in same.stdout
    [pair] = json.loads(bugs.stdout)["pairs"]
    assert ["2 $.items[2].price"] == [one["path"] for one in pair["differences"]]
    assert f"✗ nothing can be sent to http://127.0.0.1:{port}: " in nobody.stdout


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/hang", "departed: the app does not end: waited 0.3 s in vain"),
        ("/loop", "departed: it held the event loop for 0.3 s, at bugs.py:"),
    ],
)
def test_an_app_that_hangs_departs(shop: Path, path: str, said: str) -> None:
    """And the next exchange is replayed; in a process of its own, since it holds the loop."""
    ask(shop, "shop", ("GET", path), ("GET", "/items"))
    arguments = ["replay", "--app", "bugs:app", "--once", "--timeout", "300ms"]
    done = subprocess.run(
        [sys.executable, "-m", "asgi_mw", *arguments],
        cwd=shop.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (1, True, True) == (done.returncode, said in done.stdout, "✗ GET /items" in done.stdout)


@pytest.mark.parametrize(
    ("app", "kind", "said"),
    [
        ("failing", "startup", "the app failed to start: no database"),
        ("stopping", "shutdown", "the app failed to shut down: no way out"),
    ],
)
def test_an_app_that_does_not_start_or_stop_is_said(
    shop: Path, cli: Cli, app: str, kind: str, said: str
) -> None:
    """In the report, beside what was replayed."""
    ask(shop, "shop", ("GET", "/nowhere"))
    command = ["replay", "--app", f"tests.cli.breaking:{app}", "--app-dir", str(ROOT)]
    result = cli(*command)
    assert 1 == result.exit_code
    assert f"✗ {said}\n" in result.stdout
    [trouble] = json.loads(cli(*command, "--json").stdout)["troubles"]
    assert (kind, said, True) == (trouble["kind"], trouble["said"], trouble["fails"])


def test_threads_that_nobody_can_stop_are_left(shop: Path) -> None:
    """The process ends at once, with the report."""
    ask(shop, "shop", ("GET", "/thread"))
    arguments = ["--app", "tests.cli.breaking:app", "--app-dir", str(ROOT), "--timeout", "100ms"]
    done = subprocess.run(
        [sys.executable, "-m", "asgi_mw", "replay", *arguments],
        cwd=shop.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert 1 == done.returncode
    assert "GET /thread does not end, even as it is cancelled" in done.stdout


def test_a_thread_that_the_app_began_does_not_hold_the_command(shop: Path) -> None:
    """It is left behind, and said to be; what the app's programs print is no part of the report."""
    ask(shop, "shop", ("GET", "/leave"), ("GET", "/print"))
    arguments = ["--app", "tests.cli.breaking:app", "--app-dir", str(ROOT), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "asgi_mw", "replay", *arguments],
        cwd=shop.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    [report] = fits("replay", done.stdout)
    assert (1, True) == (done.returncode, report["fails"])
    assert "threads run on" in done.stderr
    assert "of a program" in done.stderr

"""``asgi-mw check`` says what a store or an app does that ASGI does not allow."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import open_store, record
from asgi_mw.spec import RULES, Finding
from asgi_mw.spec.findings import Findings, Subject
from asgi_mw.testing import request, run, websocket
from tests.cli.breaking import app
from tests.cli.fitting import fits
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

APP = "tests.cli.breaking:app"
ROOT = Path(__file__).parents[2]
# By how many rules the default profile judges
COUNT = sum(rule.profile == "spec" for rule in RULES.values())


@pytest.fixture
def broken(here: Path) -> Path:
    """Record an app that breaks rules."""
    folder = here / ".asgi-mw"
    store = open_store(folder)
    recorded = record(app, store=store)
    for path in ("/", "/twice", "/twice", "/undecided", "/hostile"):
        run(request(recorded, "GET", path))
    run(websocket(recorded, "/ws"))
    store.close()
    return folder


def found(result: Result) -> dict[str, Any]:
    """The report, and of each broken rule how often it was."""
    report = json.loads(result.stdout)
    return {one["rule"]: one["count"] for one in report["broken"]}


@pytest.mark.usefixtures("broken")
def test_a_store_is_judged(cli: Cli) -> None:
    """Each broken rule with where, the sentence, and what to do instead."""
    result = cli("check")
    assert 1 == result.exit_code
    lines = result.stdout.splitlines()
    [title] = [n for n, line in enumerate(lines) if line.startswith("✗ http.start.twice")]
    rule = RULES["http.start.twice"]
    said = lines[title : title + 9]
    assert said[:2] == [
        "✗ http.start.twice  app, must  2 times on 2 connections",
        "  'http.response.start' while the response is 'started'",
    ]
    assert said[2].startswith("  GET /twice  event 1  2 times  asgi-mw show ")
    assert said[3:] == [
        f'  "{rule.sentence}"',
        f"  {rule.url}",
        f"  {rule.why}",
        "  Instead:",
        *[f"    {line}" for line in rule.good.splitlines()],
    ]
    assert (
        f"6 connections judged by {COUNT} rules: 3 broken, 1 that can be read in two ways" in lines
    )


@pytest.mark.usefixtures("broken")
def test_the_command_that_is_proposed_opens_the_exchange(cli: Cli) -> None:
    """It has the same finding."""
    line = next(one for one in cli("check").stdout.splitlines() if "asgi-mw show" in one)
    shown = cli("show", line.partition("asgi-mw show ")[2].split()[0])
    assert 0 == shown.exit_code
    assert "✗ app, event" in shown.stdout


@pytest.mark.usefixtures("broken")
def test_what_is_undecided_is_printed_and_counts_against_nobody(cli: Cli) -> None:
    """With both readings."""
    result = cli("check", "path:/undecided")
    assert 0 == result.exit_code
    assert result.stdout.startswith("? http.sent-after-end  app, undecided  once\n")
    assert "  Reading 2: The response is closed" in result.stdout


@pytest.mark.usefixtures("store")
def test_a_sound_store_is_fine(cli: Cli) -> None:
    """But for what can be read in two ways."""
    result = cli("check", "type:http")
    assert (0, f"✓ 4 connections judged by {COUNT} rules: all kept\n") == (
        result.exit_code,
        result.stdout,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [".asgi-mw"],
        [".asgi-mw", "path:/twice"],
        ["path:/twice"],
        ["--path", "/twice"],
        ["--store", ".asgi-mw", "path:=/twice", "-path:/hostile"],
        ["-path:/hostile", "type:http"],
        ["--ignore", "message.unknown", "--ignore", "websocket."],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("broken")
def test_what_is_judged_is_chosen_as_for_ls(cli: Cli, arguments: list[str]) -> None:
    """A store by its name or an option, a filter in words or by options."""
    result = cli("check", *arguments, "--json")
    assert 1 == result.exit_code
    assert 2 == found(result)["http.start.twice"]


@pytest.mark.usefixtures("broken")
def test_only_the_newest(cli: Cli) -> None:
    """A WebSocket, here."""
    result = cli("check", "--limit", "1", "--json")
    assert (1, {"websocket.accept.twice": 1, "websocket.returned-open": 1}) == (
        json.loads(result.stdout)["judged"],
        found(result),
    ) or found(result) == {"websocket.accept.twice": 1}


@pytest.mark.usefixtures("broken")
def test_nothing_that_matches_is_said(cli: Cli) -> None:
    """Not to be taken for a store without faults."""
    result = cli("check", "path:/nowhere")
    assert (0, "Nothing matches.\n") == (result.exit_code, result.stderr)
    assert result.stdout.startswith("0 connections judged by ")
    assert result.stdout.endswith(" rules: nothing to judge\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there are no recordings at nowhere yet"),
        (["--ignore", "http.no-bdy"], "there is no rule 'http.no-bdy'; is it http.no-body?"),
        (["--json", "--format", "sarif"], "leave out one of it and --format sarif"),
        (["--unsafe"], "--unsafe is for an app"),
        (["--openapi", "x"], "--openapi is for an app"),
        ([".asgi-mw", "--store", "b"], "both name a store"),
        ([APP, "status:200"], "choose recordings"),
        ([APP, "--limit", "2"], "choose recordings"),
        ([APP, "--status", "200"], "--status chooses recordings"),
        ([APP, "--path", "users"], "a path begins with /"),
        ([APP, "--websocket", "ws"], "a path begins with /"),
        ([APP, "--header", "nonsense"], "write it as name:value"),
        ([APP, "--body", "a", "--body", "b"], "give one"),
        ([APP, "--unsafe"], "add --openapi"),
        ([APP, "--openapi", "nowhere.json"], "there is no such file"),
        ([APP, "--timeout", "0"], "gives the app no time"),
        (["tests.cli.breaking:ap"], "is it 'app'?"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
@pytest.mark.usefixtures("broken")
def test_wrong_usage_is_said(cli: Cli, arguments: list[str], said: str) -> None:
    """With the option, and what to write instead."""
    result = cli("check", *arguments)
    assert result.exit_code in {1, 2}
    assert said in result.stderr.replace("\n", " ")


def test_an_app_is_judged(cli: Cli, here: Path) -> None:
    """What it prints is kept out of the report, and nothing is recorded."""
    result = cli("check", APP, "--path", "/", "--path", "/twice", "--method", "GET", "--json")
    assert 1 == result.exit_code
    assert {"http.start.twice": 1} == found(result)
    assert "the app prints as it starts" in result.stderr
    assert [] == list(here.iterdir())


@pytest.mark.usefixtures("here")
def test_a_sound_answer_of_an_app_is_fine(cli: Cli) -> None:
    """One request, and the lifespan."""
    result = cli("check", "tests.cli.breaking:make", "--factory")
    assert (0, f"✓ 2 connections judged by {COUNT} rules: all kept\n") == (
        result.exit_code,
        result.stdout,
    )


def test_what_an_app_did_can_be_recorded(cli: Cli, here: Path) -> None:
    """Then the report names the exchanges."""
    result = cli("check", APP, "--store", "kept", "--path", "/twice", "--path", "/", "--json")
    [broken] = json.loads(result.stdout)["broken"]
    [spot] = broken["where"]
    shown = json.loads(cli("show", spot["ids"][0], "--store", "kept", "--json").stdout)
    assert ("/twice", ["http.start.twice"]) == (
        shown["path"],
        [one["rule"] for one in shown["findings"]],
    )
    assert ["kept"] == [path.name for path in here.iterdir()]


@pytest.mark.usefixtures("here")
def test_a_websocket_is_opened(cli: Cli) -> None:
    """And closed."""
    result = cli("check", APP, "--websocket", "/ws", "--json")
    assert 1 == result.exit_code
    assert {"websocket.accept.twice": 1} == found(result)


@pytest.mark.usefixtures("here")
def test_headers_and_a_body_are_sent(cli: Cli) -> None:
    """As they are recorded."""
    options = ["--method", "POST", "--header", "X-Shop: 7", "--body", "mug", "--store", "kept"]
    assert 0 == cli("check", APP, *options).exit_code
    shown = json.loads(cli("show", "last", "--store", "kept", "--json").stdout)
    assert ["x-shop", "7"] in shown["scope"]["headers"]
    assert "POST" == shown["method"]


@pytest.mark.usefixtures("here")
def test_a_document_of_the_app_says_what_to_request(cli: Cli) -> None:
    """Of it, only what changes nothing."""
    result = cli("check", APP, "--openapi", "/openapi.json", "--json")
    report = json.loads(result.stdout)
    assert (4, ["GET /twice"]) == (
        report["judged"],
        [spot["what"] for one in report["broken"] for spot in one["where"]],
    )
    assert (
        "left out 1 operation that may change something; add --unsafe to request all"
        in result.stderr
    )


@pytest.mark.usefixtures("here")
def test_unsafe_methods_are_requested_if_that_is_wanted(cli: Cli) -> None:
    """And only some methods, if they are named."""
    options = ["--openapi", "/openapi.json", "--unsafe", "--method", "post"]
    report = json.loads(cli("check", APP, *options, "--json").stdout)
    assert ["POST /twice"] == [spot["what"] for one in report["broken"] for spot in one["where"]]


@pytest.mark.usefixtures("here")
def test_a_document_that_is_none_is_said(cli: Cli) -> None:
    """The check failed."""
    for path, said in (("/gone", "has the status 404"), ("/", "is neither JSON nor YAML")):
        result = cli("check", APP, "--openapi", path)
        assert 1 == result.exit_code
        assert said in result.stdout or 'has no "paths"' in result.stdout


@pytest.mark.usefixtures("here")
def test_what_an_app_raises_is_said_and_breaks_no_rule(cli: Cli) -> None:
    """A server answers 500; the app's text drives no terminal."""
    result = cli("check", APP, "--path", "/crash")
    assert 0 == result.exit_code
    assert "· GET /crash: the app raised RuntimeError: no\\x1b[2J\n" in result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_an_app_that_hangs_is_reported(cli: Cli) -> None:
    """The next request is sent all the same; a stream that ends as its client leaves is fine."""
    paths = [word for path in ("/hang", "/block", "/stream", "/twice") for word in ("--path", path)]
    result = cli("check", APP, *paths, "--timeout", "300ms", "--json")
    report = json.loads(result.stdout)
    assert 1 == result.exit_code
    assert ["GET /hang", "GET /block"] == [one["what"] for one in report["troubles"]]
    assert "breaking.py:" in report["troubles"][1]["said"]
    assert {"http.start.twice": 1} == found(result)


@pytest.mark.usefixtures("here")
def test_an_exception_without_a_text_is_said(cli: Cli) -> None:
    """By its type."""
    result = cli("check", APP, "--path", "/unsaid")
    assert "· GET /unsaid: the app raised UnsaidError: <no text: RuntimeError>" in result.stdout


@pytest.mark.usefixtures("here")
def test_an_app_that_knows_none_of_the_paths_is_said(cli: Cli) -> None:
    """Nothing was judged but its "not found"."""
    said = "the app answered with 404 alone; say what to request with --path or --openapi\n"
    assert said in cli("check", APP, "--path", "/gone").stderr
    assert said not in cli("check", APP, "--path", "/gone", "--path", "/").stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "status", "report", "beside"),
    [
        pytest.param("/print in 60s", 0, "all kept", "of a program\n", id="a program prints"),
        pytest.param("/leave in 60s", 0, "all kept", "threads run on", id="a thread runs on"),
        # Waited for six times: it may not take as long to start
        pytest.param("/catch in 700ms", 1, "", "catches what interrupts it", id="what interrupts"),
    ],
)
def test_an_app_cannot_hold_the_command(
    here: Path, asked: str, status: int, report: str, beside: str
) -> None:
    """Nor print into its report."""
    command = [sys.executable, "-m", "asgi_mw", "check", APP, "--app-dir", str(ROOT)]
    path, timeout = asked.split(" in ")
    done = subprocess.run(
        [*command, "--path", path, "--timeout", timeout],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (status, report) == (done.returncode, done.stdout.strip().rpartition(": ")[2])
    assert beside in done.stderr and "of a program" not in done.stdout


@pytest.mark.slow
def test_an_app_that_hangs_in_a_thread_is_left_behind(here: Path) -> None:
    """Nobody can stop a thread: the process ends without it."""
    command = [sys.executable, "-m", "asgi_mw", "check", APP, "--app-dir", str(ROOT)]
    options = ["--path", "/thread", "--path", "/twice", "--timeout", "300ms", "--json"]
    done = subprocess.run(
        [*command, *options],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    [report] = fits("check", done.stdout)
    assert 1 == done.returncode
    assert ["hang"] == sorted({one["kind"] for one in report["troubles"]})
    assert "not sent" in report["troubles"][-1]["said"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("failing", "lifespan: the app failed to start: no database"),
        ("hanging", "lifespan: the app does not shut down"),
        ("stopping", "lifespan: the app failed to shut down: no way out"),
        ("holding", "lifespan: it held the event loop for 0.3 s, at breaking.py:"),
    ],
)
@pytest.mark.usefixtures("here")
def test_an_app_that_does_not_start_or_stop_is_reported(cli: Cli, name: str, said: str) -> None:
    """The check failed."""
    result = cli("check", f"tests.cli.breaking:{name}", "--timeout", "300ms")
    assert 1 == result.exit_code
    assert f"✗ {said}" in result.stdout
    assert result.stdout.endswith("none broken, and yet the app fails\n")


@pytest.mark.usefixtures("broken")
def test_a_report_is_written_to_a_file(cli: Cli, here: Path) -> None:
    """Stdout is empty then; what is in it is safe to print."""
    result = cli("check", "--output", "report.txt")
    assert (1, "") == (result.exit_code, result.stdout)
    assert "6 judged: 3 broken, 1 undecided; see report.txt\n" == result.stderr
    text = (here / "report.txt").read_text("utf-8")
    assert "✗ http.start.twice" in text
    assert set() == set(text) & set("\x1b\x00\u202e\ud800")


@pytest.mark.usefixtures("broken")
def test_hostile_text_drives_no_terminal(cli: Cli) -> None:
    """It is in a type of message."""
    text = cli("check").stdout
    assert "\\x1b[2J\\x00" in text
    assert set() == set(text) & set("\x1b\x00\u202e\ud800")


def test_what_is_counted_stays_small() -> None:
    """However many exchanges there are, and however they differ."""
    rule = RULES["http.no-body"]
    findings = Findings("store", [rule], "store")
    for number in range(5000):
        finding = Finding(rule, "x" * 5000, None, "end")
        findings.add(Subject(f"GET /{number}", str(number)), [finding, finding])
    [broken] = findings.sorted()
    assert (10_000, 5000, 20, 9960) == (
        broken.count,
        broken.exchanges,
        len(broken.spots),
        broken.more,
    )
    assert [["0"], ["1"]] == [spot.ids for spot in islice(broken.spots.values(), 2)]
    assert 400 == len(broken.first.said)

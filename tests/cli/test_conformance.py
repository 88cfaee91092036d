"""``asgi-mw conformance``: its options, what it prints, and its exit status."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw.conformance import CHECKS, servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

UVICORN = f"{sys.executable} -m uvicorn --http h11 --port {{port}} {{app}}"


def test_the_checks_can_be_listed(cli: Cli) -> None:
    """All, or those that begin so."""
    result = cli("conformance", "--list", "--check", "framing.", "--check", "body.none")
    [head, *lines] = result.stdout.splitlines()

    assert head.split() == ["check", "what", "holds"]
    assert [line.split()[0] for line in lines] == [
        one for one in CHECKS if one.startswith("framing.") or one == "body.none"
    ]


def test_the_list_is_json_too(cli: Cli) -> None:
    """With the sentence, and where it stands."""
    result = cli("conformance", "--list", "--json", "--check", "framing.head")

    assert json.loads(result.stdout) == {
        "id": "framing.head",
        "title": "The response to a HEAD has no body",
        "severity": "must",
        "sentence": CHECKS["framing.head"].sentence,
        "url": "https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.2",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a server: --server uvicorn, --server all, or --command"),
        (["--server", "apache"], "'apache' is not one of"),
        (["--server", "uvicorn", "--check", "hppt"], "no check begins with 'hppt'"),
        (["--command", "mine {app}"], "it has no {port}"),
        (["--command", "mine --port {port}"], "it has no {app}"),
        (["--command", "mine '{app} {port}"], "No closing quotation"),
        (["--server", "uvicorn", "--patience", "soon"], "--patience"),
    ],
    ids=["nothing", "server", "check", "port", "app", "quotes", "patience"],
)
def test_a_wrong_option_is_wrong_usage(cli: Cli, arguments: list[str], said: str) -> None:
    """Exit status 2, and what to write instead."""
    result = cli("conformance", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_server_that_is_not_installed_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install; one of all is left out."""
    server = servers.Server(name="uvicorn", command="{app} {port}", packages=("no-such-thing",))
    monkeypatch.setitem(servers.SERVERS, "uvicorn", server)
    alone = cli("conformance", "--server", "uvicorn")
    monkeypatch.setattr(servers.Server, "missing", ["no-such-thing"])
    every = cli("conformance", "--server", "all")

    said = "uvicorn cannot be examined; install it with: pip install no-such-thing"
    assert (1, f"Error: {said}\n") == (alone.exit_code, alone.stderr)
    assert 1 == every.exit_code
    assert said in every.stderr


@pytest.mark.slow
def test_a_server_that_does_all_right_is_fine(cli: Cli) -> None:
    """By its command; exit status 0, and a table."""
    result = cli("conformance", "--command", UVICORN, "--check", "framing.", "--check", "http.head")

    assert result.exit_code == 2  # http.head is none
    result = cli("conformance", "--command", UVICORN, "--check", "framing.")
    [head, *lines] = result.stdout.splitlines()
    assert result.exit_code == 0
    assert head.split()[0] == "check"
    rows = [line.split()[:2] for line in lines if line.startswith("framing.")]
    assert rows == [[one, "pass"] for one in CHECKS if one.startswith("framing.")]
    assert "6 pass" in lines


@pytest.mark.slow
def test_a_fail_is_status_1_and_says_why(cli: Cli) -> None:
    """Here uvicorn takes text for a header, of which the text says that it should not."""
    result = cli("conformance", "--command", UVICORN, "--check", "invalid.header-type")

    assert result.exit_code == 1
    assert "invalid.header-type (should): no send raises; the last returned" in result.stdout
    assert CHECKS["invalid.header-type"].url in result.stdout


@pytest.mark.slow
def test_results_are_json_lines(cli: Cli) -> None:
    """One for each server and check, as they come."""
    checks = ("--check", "body.none", "--check", "scope.path.not-utf-8")
    result = cli("conformance", "--server", "uvicorn-h11", *checks, "--json")
    seen = [json.loads(line) for line in result.stdout.splitlines()]

    assert [(one["server"], one["check"], one["verdict"]) for one in seen] == [
        ("uvicorn-h11", "scope.path.not-utf-8", "undecided"),
        ("uvicorn-h11", "body.none", "pass"),
    ]
    assert result.exit_code == 0


@pytest.mark.slow
def test_a_server_that_ends_at_once_is_an_error_with_its_last_words(cli: Cli) -> None:
    """Exit status 1."""
    command = f"{sys.executable} -c 'import sys; sys.exit(\"no: {{app}} {{port}}\")'"
    result = cli("conformance", "--command", command, "--check", "body.none")

    assert result.exit_code == 1
    assert "ERROR" in result.stdout
    assert "it ended with status 1: no: asgi_mw.conformance.probe:app" in result.stdout


def test_a_command_that_does_not_exist_is_an_error(cli: Cli) -> None:
    """The same."""
    result = cli("conformance", "--command", "no-such-server {app} {port}", "--check", "body.none")

    assert result.exit_code == 1
    assert "no-such-server cannot be started: No such file or directory" in result.stdout

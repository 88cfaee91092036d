"""How servers are named and started."""

from __future__ import annotations

import sys

import pytest

from asgi_mw.conformance.servers import SERVERS, by_command


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/opt/bin/mine {app} {port}", "mine"),
        ("mine --bind :{port} '{app}'", "mine"),
        ("/usr/bin/python3 -m mine.server {app} --port {port}", "mine.server"),
        ("mine {app} {port} -m", "mine"),
    ],
)
def test_a_command_is_named_by_its_program(command: str, name: str) -> None:
    """Or by the module that is run as one."""
    assert by_command(command).name == name


@pytest.mark.parametrize("name", SERVERS)
def test_a_command_is_filled_in(name: str) -> None:
    """With this Python, the app and the port, and nothing is left."""
    words = SERVERS[name].line("shop:app", 8123)

    assert words[0] == sys.executable
    assert "shop:app" in words
    assert [word for word in words if "8123" in word]
    assert [word for word in words if "{" in word] == []


def test_places_are_filled_in_one_word_each() -> None:
    """Blanks of the app's name make no further words."""
    line = by_command("mine --app={app} -p {port}").line("my shop:app", 1)

    assert line == ["mine", "--app=my shop:app", "-p", "1"]


def test_what_is_not_installed_is_missing() -> None:
    """By the names of packages; a command says nothing of them."""
    assert SERVERS["uvicorn"].missing == []
    assert SERVERS["uvicorn"].versions.startswith("uvicorn ")
    assert (by_command("mine {app} {port}").missing, by_command("mine {app} {port}").versions) == (
        [],
        "",
    )

"""A command of curl, and its words."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, lists, text

from asgi_mw.recorder.copying.curl import curl, word
from tests.recorder.made import made
from tests.system import PATIENCE, command


def test_the_command_says_what_curl_would_add_otherwise() -> None:
    """Each option on a line of its own, for whoever reads it."""
    headers = [(b"host", b"shop.test"), (b"accept-encoding", b"gzip"), (b"x-a", b"it's")]
    assert curl(made(method="POST", headers=headers, request=b'{"a": 1}')).splitlines() == [
        "curl 'http://shop.test/orders' \\",
        "  --globoff \\",
        "  --path-as-is \\",
        "  --request 'POST' \\",
        "  --header 'accept-encoding: gzip' \\",
        "  --header 'x-a: it'\\''s' \\",
        "  --header 'accept:' \\",
        "  --header 'user-agent:' \\",
        "  --header 'content-type:' \\",
        "  --header 'expect:' \\",
        "  --compressed \\",
        "  --data-raw '{\"a\": 1}'",
    ]


@pytest.mark.parametrize(
    ("scope", "option"),
    [
        ({"http_version": "2"}, "--http2-prior-knowledge"),
        ({"http_version": "2", "scheme": "https"}, "--http2"),
        ({"http_version": "1.0"}, "--http1.0"),
        ({"method": "OPTIONS", "raw_path": b"*"}, "--request-target '*'"),
    ],
)
def test_version_and_odd_targets_are_options(scope: dict[str, object], option: str) -> None:
    """A target that is no path stands beside the address."""
    assert f"  {option} \\" in curl(made(scope=scope)).splitlines()


@given(
    lists(binary(max_size=20) | text(max_size=20).map(lambda one: one.encode("utf-8", "replace")))
)
@settings(max_examples=60, deadline=None)
def test_a_word_is_what_it_was_to_a_shell(words: list[bytes]) -> None:
    """Whatever octets but NUL are in it, which none can hold."""
    words = [one.replace(b"\0", b"") for one in words]
    script = "".join(f"printf '%s\\0' {word(one)}\n" for one in words)
    done = subprocess.run(
        [command("bash"), "-s"],
        input=script.encode(),
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )

    assert b"".join(one + b"\0" for one in words) == done.stdout


@given(text(max_size=40) | binary(max_size=40))
def test_a_word_drives_no_terminal(said: str | bytes) -> None:
    """It is one line that can be printed."""
    octets = said if isinstance(said, bytes) else said.encode("utf-8", "surrogatepass")
    assert word(octets).isprintable()

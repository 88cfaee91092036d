"""Real frameworks under real servers: exactly what the page of findings says is found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.findings.__main__ import PAGE
from tests.findings.page import read
from tests.findings.pairs import FRAMEWORKS, SERVERS, run

_PAIRS = [(framework, "uvicorn") for framework in FRAMEWORKS] + [
    ("starlette", server) for server in SERVERS if server != "uvicorn"
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "server"), _PAIRS, ids=[f"{pair[0]}-{pair[1]}" for pair in _PAIRS]
)
def test_what_is_found_is_what_the_page_says(framework: str, server: str) -> None:
    """No rule more and none less; and the app answered."""
    for package in (framework, server):
        _needs(package)
    outcome = run(framework, server)
    expected = {
        rule
        for rule, pairs in read(PAGE.read_text("utf-8")).items()
        if (framework, server) in pairs
    }

    assert outcome.serves, outcome.got
    assert expected == {one.rule for one in outcome.found}, outcome


def _needs(package: str) -> None:
    """Skip where this Python cannot import it; in a process of its own, for it may set that up."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {package}"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot import {package}: {done.stderr.strip().splitlines()[-1]}")

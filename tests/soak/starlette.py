"""Run Starlette's own tests with ``--asgi-strict``: what is found is what was judged before."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

_HERE = Path(__file__)
PAGE = _HERE.parents[2] / "docs" / "findings.md"
ANY = "any"
"""Stands for all tests."""
_TITLE = "## Starlette's own tests"
_ROW = re.compile(r"^\| `([a-z_.-]+)` \| (.+?) \| .+ \|$", re.MULTILINE)
_TEST = re.compile(r"`(\w+)`")
_SECONDS = 900
_PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
_PYTEST = [
    *(sys.executable, "-m", "pytest", "-q", "--asgi-strict", "--timeout", "120"),
    *("-p", "no:cacheprovider", "-p", "noted"),
    # anyio's plugin still uses the name that pytest 9.2 deprecated
    *("-W", "ignore:_pytest.python.CallSpec2 has been renamed:pytest.PytestWarning"),
]


def judge() -> bool:
    """Run them, and compare; whether nothing is new."""
    name = f"starlette=={version('starlette')}"
    with tempfile.TemporaryDirectory() as folder:
        _unpacked(name, Path(folder))
        found, last = _found(Path(folder))
    judged = judged_on(PAGE.read_text("utf-8"))
    new = unjudged(found, judged)
    print(f"{name}: {last}")
    for rule, tests in sorted(found.items()):
        print(f"  {rule} in {len(tests)} tests")
    for rule, tests in sorted(new.items()):
        print(f"  NEW {rule}: {', '.join(sorted(tests))}; judge it, for docs/findings.md")
    for rule in sorted(judged.keys() - found.keys()):
        print(f"  not found any more: {rule}")
    return bool(found) and not new


def judged_on(page: str) -> dict[str, set[str]]:
    """The tests in which each rule was judged, as *page* has it."""
    table = page.partition(_TITLE)[2]
    return {
        rule: {ANY} if tests == ANY else set(_TEST.findall(tests))
        for rule, tests in _ROW.findall(table)
    }


def unjudged(found: dict[str, set[str]], judged: dict[str, set[str]]) -> dict[str, set[str]]:
    """What of *found* is not in *judged*."""
    new = {
        rule: tests - judged.get(rule, set())
        for rule, tests in found.items()
        if ANY not in judged.get(rule, ())
    }
    return {rule: tests for rule, tests in new.items() if tests}


def _unpacked(name: str, folder: Path) -> None:
    """Put the tests of that version into *folder*, and what they need into the environment."""
    subprocess.run([*_PIP, "install", name.replace("==", "[full]==")], check=True)
    source = ["download", "--no-binary", ":all:", "--no-deps", "--dest", str(folder), name]
    subprocess.run([*_PIP, *source], check=True)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    [unpacked] = [path for path in folder.iterdir() if path.is_dir()]
    for part in ("tests", "pyproject.toml"):  # the package itself is the installed one
        (unpacked / part).rename(folder / part)
    shutil.copy(_HERE.with_name("noted.py"), folder)


def _found(folder: Path) -> tuple[dict[str, set[str]], str]:
    """The tests in which each rule is broken, and the last line that pytest prints."""
    notes = folder / "notes"
    notes.touch()
    done = subprocess.run(
        [*_PYTEST, "tests"],
        cwd=folder,
        env=os.environ | {"ASGI_NOTED": str(notes), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode > 1:  # more than tests that fail
        print(done.stdout, done.stderr)
        return {}, "the tests did not run"
    found: dict[str, set[str]] = {}
    for line in notes.read_text("utf-8").splitlines():
        rule, test = json.loads(line)
        found.setdefault(rule, set()).add(test)
    return found, done.stdout.strip().splitlines()[-1]

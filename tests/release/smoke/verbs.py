"""What is tried on the command line: every verb, and what it says where it needs an extra."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import copy
from tempfile import TemporaryFile
from threading import Timer
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from click.testing import CliRunner

from asgi_mw.cli import VERBS, group
from tests.release.smoke import shop
from tests.release.smoke.attempt import Attempt, BrokenError, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 60.0  # seconds
# What no verb says that works; that of `doctor` about extras is another sentence
_BROKEN = ("Traceback", "install it with: pip install")
# What leaves the recording that the others look at
_FIRST = ("--version", "check shop:app --store .asgi-mw", "ls")
_NOWHERE = "postgresql://shop@127.0.0.1:9/shop"
_DEAF = "http://127.0.0.1:9"
# What needs no other process, in an order: each finds what those before it left
_LINES: tuple[tuple[str, str | None, tuple[int, ...]], ...] = (
    ("--version", None, (0,)),
    ("check shop:app --store .asgi-mw", None, (0,)),
    ("ls", None, (0,)),
    ("ls --json", None, (0,)),
    ("show last", None, (0,)),
    ("check", None, (0,)),
    ("rules http.start.twice", None, (0,)),
    ("doctor", None, (0, 1)),
    ("export last --as har --output one.har", None, (0,)),
    ("export last --as jsonl --output one.jsonl", None, (0,)),
    ("export last --as pytest --output test_one.py", None, (0,)),
    ("export last --as parquet --output one.parquet", "analyse", (0,)),
    ("import one.har --store other", None, (0,)),
    ("import one.jsonl --store other", None, (0,)),
    ("keep last", None, (0,)),
    ("replay last --app shop:app", None, (0,)),
    ("replay last --to http://127.0.0.1:9", "test", (1,)),
    ("diff --baseline .asgi-mw --app shop:app", None, (0,)),
    (f"ship --once --to {_NOWHERE}", "postgres", (1, 2)),
    (f"ls --store {_NOWHERE}", "postgres", (1, 2)),
    ("conformance --list", None, (0,)),
    ("mcp", "mcp", (0,)),  # which ends as stdin does
    ("schema ls", None, (0,)),
    ("demo", None, (1, 2)),  # which needs a checkout
    ("purge --all --yes --dry-run", None, (0,)),
)


def attempts(extra: str) -> list[Attempt]:
    """What is tried with *extra* alone, where the current folder is an empty one."""
    copy(Path(shop.__file__), "shop.py")
    Path("shop.env").write_text("SHOP=1\n", "utf-8")
    tried = [
        *(Attempt(f"{verb} --help", partial(_explained, verb)) for verb in VERBS),
        *(Attempt(line, partial(_ran, line, statuses), needs) for line, needs, statuses in _LINES),
        Attempt("run", _served, "cli"),
        Attempt("run --env-file", partial(_served, "--env-file", "shop.env"), "cli", "dotenv"),
        Attempt("inspect", _inspected, "cli"),
        # It needs the other one first
        *([Attempt("run --otlp", partial(_served, "--otlp", _DEAF), "otlp")] * is_there("cli")),
        Attempt("tail", _tailed),
    ]
    if extra in {"", "all"}:
        return tried
    # What needs no extra was tried without any
    return [one for one in tried if one.extra is not None or one.name in _FIRST]


def _explained(verb: str) -> None:
    """In this process: a page of help is no reason to start Python."""
    done = CliRunner().invoke(group, [verb, "--help"])
    if done.exit_code or "Usage:" not in done.output:
        raise BrokenError(done.output)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "asgi_mw", *words]


def _ran(line: str, statuses: tuple[int, ...] = (0,)) -> None:
    """Run a verb to its end."""
    done = subprocess.run(
        _command(*line.split()),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode not in statuses or any(word in said for word in _BROKEN):
        raise BrokenError(f"status {done.returncode}: {said.strip()[-2_000:]}")


@contextmanager
def _first_line(*words: str) -> Iterator[str]:
    """The first line that a verb prints which goes on until Ctrl-C, and is stopped after that."""
    with (
        TemporaryFile("w+", encoding="utf-8") as complaints,
        subprocess.Popen(
            _command(*words), stdout=subprocess.PIPE, stderr=complaints, text=True, encoding="utf-8"
        ) as process,
    ):
        late = Timer(_PATIENCE, process.kill)
        late.start()
        try:
            assert process.stdout is not None
            yield process.stdout.readline()
            process.send_signal(signal.SIGINT)
            status = process.wait()
        except Exception as error:
            process.kill()
            complaints.seek(0)
            raise BrokenError(f"{error!r}: {complaints.read()[-2_000:]}") from error
        finally:
            late.cancel()
        if status not in {0, 130}:
            raise BrokenError(f"ended with status {status} on Ctrl-C")


def _served(*options: str) -> None:
    """Serve the app, ask it, and find the request recorded."""
    words = ("run", "shop:app", "--port", "0", "--json", "--store", "served", *options)
    with _first_line(*words) as said:
        body = _asked(f"http://127.0.0.1:{json.loads(said)['port']}/cup")
    if body != b"shop" * 1_000:
        raise BrokenError(f"answered {body[:99]!r}")
    _ran("show last --store served")


def _inspected() -> None:
    """Serve the page of a store."""
    with _first_line("inspect", "--port", "0", "--json") as said:
        page = _asked(json.loads(said)["inspector"].partition("#")[0])
    if b"<html" not in page:
        raise BrokenError(f"answered {page[:99]!r}")


def _asked(address: str) -> bytes:
    """What is there, once the server listens: `run` says where before it does."""
    end = monotonic() + _PATIENCE
    while True:
        try:
            with urlopen(address, timeout=9) as answer:
                body: bytes = answer.read()
                return body
        except URLError:
            if monotonic() > end:
                raise
            sleep(0.05)


def _tailed() -> None:
    """Follow a store."""
    with _first_line("tail", "--json") as said:
        if json.loads(said)["status"] != 200:
            raise BrokenError(said)

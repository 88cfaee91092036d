"""No layer tells of a secret that a limit cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from asgi_mw import open_store
from tests.redaction.shapes import CANARY, INNERMOST, parts
from tests.redaction.through import check, padded, told

if TYPE_CHECKING:
    from pathlib import Path


@settings(max_examples=30)
@given(text=padded())
def test_no_layer_tells_of_a_secret(text: str) -> None:
    """Neither record, nor log, nor span, nor a log record of OpenTelemetry."""
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "password='" + "z" * 20_000 + CANARY + "z" * 16_000 + "'",
        "x" * 8170 + " https://ann:" + CANARY + "@example.org/",
        "x" * 4080 + " https://ann:" + CANARY + "@example.org/",
        "token=" + CANARY * 3000,
    ],
    ids=["head", "tail of a log", "tail of a record", "all"],
)
def test_a_limit_hides_no_name(text: str) -> None:
    """The name is before what is kept, the at sign behind it."""
    check(text)


def test_no_row_of_a_store_holds_a_secret(tmp_path: Path) -> None:
    """As ``grep -a`` finds it in the files, with bodies that the limit cuts."""
    store = open_store(tmp_path / "store")
    for limit in (20, 60, 200):
        for text in INNERMOST.values():
            told(text % CANARY, store, body_limit=limit)
    assert store.flush(30)
    store.close()
    files = b"".join(
        path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()
    )
    assert [] == parts(files.decode("latin-1"))
    assert b"redacted" in files


def test_a_long_message_costs_little() -> None:
    """Ten mebibytes are cut before anything is made of them."""
    from asgi_mw.tracebacks import message_of, traceback_of  # noqa: PLC0415

    errors = [ValueError("x" * 10_485_760), KeyError("x" * 10_485_760), OSError("x", b"x" * 10**7)]
    for error in errors:
        assert sum(len(one.text) for one in [message_of(error), *traceback_of(error)]) < 40_000

"""A HAR is written as exchanges come."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from asgi_mw.export import write_har
from asgi_mw.redaction import Redaction
from tests.cli.facts import EXCHANGE, FAILED, LAYERED, LOST, NO_LIFESPAN, NOTED
from tests.export.har.trip import entries, written
from tests.recorder.made import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Exchange


def test_every_kind_of_exchange_makes_a_valid_file() -> None:
    """A lifespan is no HTTP, and the comment says that it is left out."""
    har = written(EXCHANGE, FAILED, LOST, NOTED, LAYERED, NO_LIFESPAN)
    assert 5 == len(har["log"]["entries"])
    assert (
        "Secrets are masked, as [redacted], as the recording masked them. "
        "1 exchange is left out: lifespan, which is no HTTP."
    ) == har["log"]["comment"]
    assert "asgi-mw" == har["log"]["creator"]["name"]


def test_each_is_written_before_the_next_is_asked_for() -> None:
    """So that no more than one is in memory."""
    file = io.StringIO()
    sizes = []

    def exchanges() -> Iterator[Exchange]:
        for number in range(1, 4):
            sizes.append(file.tell())
            yield made(number)

    write_har(exchanges(), file)
    assert sizes == sorted(set(sizes))


def test_none_is_a_valid_file() -> None:
    """With no entries."""
    assert [] == written()["log"]["entries"]


def test_a_body_that_was_recorded_raw_is_masked() -> None:
    """Unless that is what is wanted; or there are to be none."""
    exchange = made(method="POST", request=b'{"password": "hunter2"}')
    texts = [
        entries(exchange, redact=Redaction(bodies=bodies))[0]["request"]["postData"]["text"]
        for bodies in ("redacted", "raw", "none")
    ]
    assert ["", '{"password": "hunter2"}', ""] != texts
    assert "hunter2" not in texts[0] + texts[2]
    assert '{"password": "hunter2"}' == texts[1]


def test_a_file_drives_no_terminal() -> None:
    """It is ASCII, without a control character."""
    file = io.StringIO()
    write_har([made(path="/\x1b[2J\x7f\u202e", response=b"\x1b]0;x\x07 caf\xc3\xa9")], file)
    assert file.getvalue().replace("\n", "").isprintable()
    assert file.getvalue().isascii()
    json.loads(file.getvalue())

from __future__ import annotations

import io
import json

from asgi_mw.export import write_otlp
from asgi_mw.redaction import DEFAULT
from tests.recorder.made import made


def test_each_line_is_a_request_of_otlp() -> None:
    """As the collector's receiver of files reads them: JSON in ASCII, one type of data."""
    file = io.StringIO()
    written = write_otlp((made(one, path=f"/é{one}") for one in range(250)), file)
    assert (written.count, written.lines()) == (250, [])
    lines = file.getvalue().splitlines()
    assert [list(json.loads(line)) for line in lines] == [["resourceLogs"]] * 2
    assert file.getvalue().isascii()


def test_a_body_is_as_long_as_it_may_be() -> None:
    """It is masked first, and cut then."""
    kind = [(b"content-type", b"application/json")]
    exchange = made(headers=kind, request=b'{"password": "hunter2", "name": "Ada"}')
    file = io.StringIO()
    write_otlp([exchange], file, redact=DEFAULT, body_limit=20)
    assert r'{"stringValue": "{\"password\": \"[redac"}' in file.getvalue()

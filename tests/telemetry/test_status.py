"""``error.type`` is the exception, else the status, else the code, else what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.progress import Progress
from asgi_mw.telemetry.status import error_type, failed_by, failure


def progress(kind: str = "http", **state: Any) -> Progress:
    """Make a connection in some state."""
    made = Progress(kind)
    for name, value in state.items():
        setattr(made, name, value)
    return made


BOOM = ValueError("x")
CLOSED = GeneratorExit()


@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        (progress(complete=True, status=200), None, None),
        (progress(complete=True, status=404), None, None),
        (progress(complete=True, status=500), None, "500"),
        (progress(complete=True, status=500), BOOM, "ValueError"),
        (progress(complete=True, status=500), CLOSED, "500"),
        (progress(complete=True, status=200), BOOM, None),
        (progress(status=200), BOOM, "ValueError"),
        (progress(status=200), CLOSED, "GeneratorExit"),
        (progress(status=200, gone=True), BOOM, "ValueError"),
        (progress(status=200, gone=True), None, "client_gone"),
        (progress(status=200), None, "incomplete"),
        (progress(), None, "incomplete"),
        (progress("websocket", complete=True, status=101, close_code=1000), None, None),
        (progress("websocket", complete=True, status=101, close_code=1011), None, "1011"),
        (progress("websocket", gone=True, status=101, close_code=1006), None, "1006"),
        (progress("websocket", gone=True, status=101), None, "client_gone"),
        (progress("websocket", status=101), None, None),
        (progress("websocket"), None, "incomplete"),
    ],
)
def test_the_type_of_an_error(
    state: Progress, error: BaseException | None, expected: str | None
) -> None:
    """In the order of what is known best."""
    assert failure(state, error) == expected


def test_who_is_blamed() -> None:
    """Background work is another matter."""
    assert failed_by(progress(), BOOM) is BOOM
    assert failed_by(progress(complete=True, status=200), BOOM) is None
    assert failed_by(progress(complete=True, status=500), BOOM) is BOOM


def test_the_name_of_a_class() -> None:
    """Full, but for the builtins."""
    assert error_type(KeyError) == "KeyError"
    assert error_type(pytest.UsageError) == "pytest.UsageError"

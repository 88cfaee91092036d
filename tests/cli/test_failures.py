"""What went wrong is one line that says it, and an exit status."""

from __future__ import annotations

import click
import pytest

from asgi_mw.cli.failures import said
from asgi_mw.errors import StoreError


def slow() -> TimeoutError:
    """What a time limit raises, and where that was."""
    error = TimeoutError()
    error.add_note("in the step 'long_poll' of the visit")
    return error


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (slow(), "TimeoutError in the step 'long_poll' of the visit", 1),
        (PermissionError(13, "Permission denied", "/a"), "/a: Permission denied", 1),
        (ConnectionResetError("the other side left"), "the other side left", 1),
        (StoreError("no store in /a"), "no store in /a", 2),
    ],
)
def test_it_is_said_in_one_line(error: Exception, message: str, status: int) -> None:
    """Also where the exception itself says nothing."""
    with pytest.raises(click.ClickException) as caught, said():
        raise error
    assert (message, status) == (caught.value.message, caught.value.exit_code)

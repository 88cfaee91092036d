"""A comparison shows what was compared, and no password."""

from __future__ import annotations

import pytest

from asgi_mw.answers import Answer, Close
from asgi_mw.differences.compared import Comparison, Side


def test_the_names_of_both_sides_have_no_password() -> None:
    """In none of the formats, since all read them here."""
    found = Comparison("postgresql://ada:s3cret@db/shop", "http://ada:s3cret@shop.test")
    assert ("postgresql://ada:***@db/shop", "http://ada:***@shop.test") == (found.left, found.right)


@pytest.mark.parametrize(
    ("answer", "close", "status"),
    [
        (None, None, ""),
        (Answer(200, "app"), None, "200"),
        (Answer(500, "server"), None, "500*"),
        (Answer(101, "app"), Close("client", 4001, "enough"), "101 4001"),
    ],
)
def test_a_side_has_its_status_as_a_list_shows_it(
    answer: Answer | None, close: Close | None, status: str
) -> None:
    """With who chose it, and the code of a close."""
    assert status == Side("1", answer, close).status

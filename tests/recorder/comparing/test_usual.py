"""What differs between any two exchanges, and is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.comparing.usual import kind_of

if TYPE_CHECKING:
    from asgi_mw.recorder.comparing.usual import Kind


@pytest.mark.parametrize(
    ("name", "left", "right", "kind"),
    [
        ("x", "1", "1", "same"),
        ("x", None, None, "same"),
        ("x", "1", "2", "changed"),
        ("x", None, "1", "added"),
        ("x", "1", None, "removed"),
        ("date", "1", "2", "usual"),
        ("date", None, "2", "usual"),
        ("x", f"/a/{'0' * 32}", f"/a/{'f' * 32}", "usual"),
        ("x", f"/a/{'0' * 32}", f"/b/{'f' * 32}", "changed"),
        ("x", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'1' * 32}-{'2' * 16}-01", "usual"),
        ("x", "2026-05-04 12:00", "2027-05-04T12:00:00.5+02:00", "usual"),
        ("x", "2026-05-04", "2027-05-04", "changed"),
        ("x", "http://localhost:8000/", "http://localhost:9000/", "usual"),
        ("x", "http://shop.test:8000/", "http://shop.test:9000/", "changed"),
    ],
)
def test_two_values_differ_by_their_kind(
    name: str, left: str | None, right: str | None, kind: Kind
) -> None:
    """Moments, ids and ports are no difference; a date alone may be one."""
    assert kind == kind_of(name, left, right)

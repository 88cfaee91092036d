"""The files of the page are few bytes, even uncompressed."""

from __future__ import annotations

from pathlib import Path

import asgi_mw.inspector

MOST = 150_000


def test_the_whole_page_is_light() -> None:
    """That counts all that a browser could ask for, uncompressed."""
    static = Path(asgi_mw.inspector.__file__).parent / "static"
    sizes = {one: one.stat().st_size for one in static.rglob("*") if one.is_file()}

    assert len(sizes) > 10
    assert sum(sizes.values()) <= MOST

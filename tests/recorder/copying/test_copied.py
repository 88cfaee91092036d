"""In which ways an exchange can be copied."""

from __future__ import annotations

import pytest

from asgi_mw.recorder.copying import copied, ways_of
from tests.recorder.made import made


@pytest.mark.parametrize(
    ("kind", "ways"),
    [
        ("http", ["curl", "httpx", "text", "mermaid"]),
        ("websocket", ["curl", "text", "mermaid"]),
        ("lifespan", ["text", "mermaid"]),
    ],
)
def test_only_what_makes_sense(kind: str, ways: list[str]) -> None:
    """Httpx speaks no WebSocket, and a lifespan is no request at all."""
    assert ways == ways_of(made(kind=kind))
    assert all(copied(made(kind=kind), way).endswith("\n") for way in ways)


def test_another_way_is_refused_with_those_there_are() -> None:
    """Be it one that no exchange has, or one that makes no sense."""
    with pytest.raises(
        ValueError, match="lifespan cannot be copied as 'curl'; take one of text, mermaid"
    ):
        copied(made(kind="lifespan"), "curl")

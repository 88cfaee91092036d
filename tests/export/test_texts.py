"""Texts to be copied stand one after the other."""

from __future__ import annotations

import io

import pytest

from asgi_mw.export import write_texts
from asgi_mw.recorder.copying import copied
from tests.recorder.made import made


@pytest.mark.parametrize("way", ["curl", "httpx", "text"])
def test_they_are_those_of_show_with_a_line_between(way: str) -> None:
    """What cannot be copied so is counted."""
    file = io.StringIO()
    one, other, lifespan = made(1), made(2), made(3, kind="lifespan", scope={"method": None})
    written = write_texts([one, other], file, way)
    assert f"{copied(one, way)}\n{copied(other, way)}" == file.getvalue()
    assert 2 == written.count
    left_out = write_texts([lifespan], io.StringIO(), way).left_out
    assert ({} if way == "text" else {f"lifespan as {way}": 1}) == left_out


def test_several_diagrams_are_blocks_of_markdown() -> None:
    """For no reader of Mermaid takes two in a file."""
    file = io.StringIO()
    write_texts([made(1), made(2)], file, "mermaid", several=True)
    diagram = copied(made(1), "mermaid")
    assert f"```mermaid\n{diagram}```\n\n```mermaid\n{diagram}```\n" == file.getvalue()

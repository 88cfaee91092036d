from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.plain import create, is_plain, open_plain, overwrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and pipes")


def link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


ODD = [link, os.mkfifo, os.mkdir]


@pytest.mark.parametrize("make", ODD)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A link is not followed, and nobody waits for the other end of a pipe."""
    path = tmp_path / "odd"
    make(path)
    assert not is_plain(path)
    for flags in (os.O_RDONLY, os.O_RDWR | os.O_CREAT, os.O_WRONLY):
        with pytest.raises(OSError, match="odd"):
            open_plain(path, flags)
    with pytest.raises(OSError, match="odd"):
        create(path)
    with pytest.raises(OSError, match="odd"):
        overwrite(path)
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_made_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whatever the umask."""
    before = os.umask(0)
    try:
        create(tmp_path / "a", b"content")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert (tmp_path / "a").read_bytes() == b"content"
    assert is_plain(tmp_path / "a")
    assert is_plain(tmp_path / "none")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_overwriting_leaves_zeros(tmp_path: Path, size: int) -> None:
    """All of it."""
    path = tmp_path / "a"
    path.write_bytes(b"x" * size)
    overwrite(path)
    content = path.read_bytes()
    assert len(content) >= size
    assert content == bytes(len(content))

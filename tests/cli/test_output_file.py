"""A file is there as a whole, or not at all."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import pytest

from asgi_mw.cli.output_file import check_target, path_for, text_for
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    """Before, there is another beside it; it is for its owner only."""
    target = tmp_path / "a.har"
    with text_for(str(target)) as file:
        file.write("caf\xe9\n")
        assert not target.exists()
        assert 1 == len(list(tmp_path.iterdir()))
    assert "caf\xe9\n".encode() == target.read_bytes()
    assert 0o600 == target.stat().st_mode & 0o777
    assert [target] == list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError, RuntimeError])
def test_nothing_is_left_of_one_that_is_not(tmp_path: Path, error: type[BaseException]) -> None:
    """And what was there stays."""
    target = tmp_path / "a.har"
    target.write_text("before")
    with suppress(error), text_for(str(target)) as file:
        file.write("half")
        raise error
    assert "before" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


def test_what_is_no_plain_file_is_written_itself(tmp_path: Path) -> None:
    """A pipe that somebody reads."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()))
    reader.start()
    with text_for(str(pipe)) as file:
        file.write("through")
    reader.join(PATIENCE)
    assert ["through"] == found


def test_bytes_go_to_standard_output_as_they_are(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """When all of them are there."""
    with path_for("-") as path:
        path.write_bytes(b"\x00\xff")
    assert b"\x00\xff" == capfdbinary.readouterr().out
    assert not path.exists()


def test_what_cannot_be_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    """A folder, one that is nowhere, and one that is there, unless it may be overwritten."""
    there = tmp_path / "a.har"
    there.touch()
    for name, said in [
        (tmp_path, "is a folder: name a file in it"),
        (tmp_path / "no" / "a.har", "there is no folder"),
        (there, "overwrite it with --force"),
    ]:
        with pytest.raises(click.UsageError, match=said):
            check_target(str(name), force=False)
    check_target(str(there), force=True)
    check_target("-", force=False)

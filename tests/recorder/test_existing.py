"""A store is known by what is in its folder; any other folder has no recordings yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from asgi_mw.recorder.existing import NothingRecordedError, is_store, meant, recorded
from asgi_mw.recorder.folder import make_folder
from asgi_mw.recorder.segment import Segment

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    """A segment, by whatever name, or the mark that its maker left."""
    marked, filled, renamed = (tmp_path / name for name in ("marked", "filled", "renamed"))
    make_folder(marked)
    for folder in (filled, renamed):
        folder.mkdir()
        segment = Segment(folder)
        segment.write([], tallies=[("dropped", "the queue was full", 1)])
        segment.close()
    [path] = renamed.glob("*.db")
    path.rename(renamed / "copy.db")
    assert [True, True, True] == [is_store(str(one)) for one in (marked, filled, renamed)]


def test_other_folders_are_none(tmp_path: Path) -> None:
    """Neither an empty one, nor a project with a database and files that git ignores."""
    project = tmp_path / "project"
    project.mkdir()
    assert not is_store(str(project))
    (project / "app.db").write_bytes(b"SQLite format 3\0" + bytes(84))
    (project / ".gitignore").write_bytes(b"*\n!*.py\n")
    (project / "broken.db").symlink_to(project / "nowhere")
    assert not is_store(str(project))


def test_what_was_meant_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If there is one in the folder; and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    assert "" == meant("app")
    with pytest.raises(NothingRecordedError, match="no recordings in app yet; make some with"):
        recorded("app")
    make_folder(tmp_path / "app" / ".asgi-mw")
    with pytest.raises(NothingRecordedError, match=r"did you mean app/\.asgi-mw\?"):
        recorded("app")
    assert [".asgi-mw"] == [path.name for path in (tmp_path / "app").iterdir()]
    assert type(open_store("app")) is type(recorded("app/.asgi-mw"))

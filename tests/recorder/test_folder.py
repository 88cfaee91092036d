from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw.errors import StoreError
from asgi_mw.recorder.folder import (
    ask_for,
    is_asked_for,
    is_live,
    lock,
    make_file,
    make_folder,
    remove,
    retain,
    segments,
    settle_request,
)

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> object:
    """Whatever the umask of the process is."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """Recorded traffic is nobody else's business."""
    folder = tmp_path / "spool"
    make_folder(folder)
    path, held = make_file(folder)
    assert (mode(folder), mode(path)) == (0o700, 0o600)
    held.release()


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """Its owner chose its mode; the files are for the owner only in any case."""
    tmp_path.chmod(0o755)
    make_folder(tmp_path)
    assert mode(tmp_path) == 0o755
    assert list(tmp_path.iterdir()) == []


def test_names_sort_by_time_and_tell_the_process(tmp_path: Path) -> None:
    """``ls`` shows the oldest first."""
    made = [make_file(tmp_path) for _ in range(20)]
    names = [path.name for path, _ in made]
    for _, held in made:
        held.release()
    assert names == sorted(set(names))
    assert f"-{os.getpid()}-" in names[0]


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    """Not even the same process gets it twice."""
    path = tmp_path / "a.db"
    assert not is_live(path)
    held = lock(path)
    assert held is not None
    assert is_live(path)
    assert lock(path) is None
    held.release()
    assert not is_live(path)
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    """The system lets go of it, however the process died."""
    path = tmp_path / "a.db"
    script = (
        "import os, pathlib, sys; from asgi_mw.recorder.folder import lock\n"
        "held = lock(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, path], check=False)
    assert path.with_suffix(".lock").exists()
    held = lock(path)
    assert held is not None
    held.release()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    """Else the files of a dead worker would stay for as long as its children live."""
    path = tmp_path / "a.db"
    held = lock(path)
    assert held is not None
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        os._exit(0)
    try:
        assert is_live(path)  # the child let go of its copy, not of the lock
        held.release()
        assert not is_live(path)
    finally:
        os.write(writing, b"x")
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


def segment(folder: Path, day: int, size: int, age: float = 0) -> Path:
    """A file by a name of ours."""
    path = folder / f"202601{day:02d}T000000.000000Z-web_1-{day}-0123abcd.db"
    path.write_bytes(b"x" * size)
    at = path.stat().st_mtime - age
    os.utime(path, (at, at))
    return path


def test_segments_are_told_with_what_belongs_to_them(tmp_path: Path) -> None:
    """The write-ahead log takes space as well."""
    path = segment(tmp_path, 1, 1000)
    path.with_name(path.name + "-wal").write_bytes(b"x" * 500)
    (tmp_path / "notes.txt").write_text("not ours")
    [files] = segments(tmp_path)
    assert (files.path, files.bytes) == (path, 1500)


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    """Nothing was recorded yet."""
    assert segments(tmp_path / "none") == []


def test_the_oldest_go_until_the_rest_fits(tmp_path: Path) -> None:
    """As a whole, with what belongs to them."""
    paths = [segment(tmp_path, day, 1000) for day in (1, 2, 3, 4)]
    paths[0].with_name(paths[0].name + "-wal").write_bytes(b"x" * 1000)
    assert retain(tmp_path, 2500, None) == 2
    assert sorted(tmp_path.iterdir()) == paths[2:]


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    """Age is since the last write."""
    segment(tmp_path, 1, 10, age=100)
    young = segment(tmp_path, 2, 10, age=10)
    assert retain(tmp_path, 1_000_000, 50) == 1
    assert list(tmp_path.iterdir()) == [young]


def test_what_is_being_written_stays(tmp_path: Path) -> None:
    """Even when it is the oldest and too large."""
    live, dead = segment(tmp_path, 1, 1000), segment(tmp_path, 2, 1000)
    held = lock(live)
    assert held is not None
    assert retain(tmp_path, 0, 0.001) == 1
    held.release()
    assert list(tmp_path.iterdir()) == [live]
    assert not dead.exists()


def test_what_we_did_not_name_stays(tmp_path: Path) -> None:
    """Somebody put it there."""
    (tmp_path / "orders.db").write_bytes(b"x" * 1000)
    assert retain(tmp_path, 0, 0.001) == 0
    assert (tmp_path / "orders.db").exists()


def test_removing_takes_all_that_belongs_to_a_segment(tmp_path: Path) -> None:
    """Nothing of it is left behind, and nothing has to be there."""
    path = segment(tmp_path, 1, 10)
    for end in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + end).touch()
    path.with_suffix(".release").touch()
    remove(path)
    remove(path)
    assert list(tmp_path.iterdir()) == []


def test_files_in_a_hidden_folder_are_hidden(tmp_path: Path) -> None:
    """So that no reloader takes them for a change of the app; older ones stay in order."""
    folder = tmp_path / ".asgi-mw"
    make_folder(folder)
    older = folder / "20250101T000000.000000Z-web_1-7-0123abcd.db"
    older.write_bytes(b"x" * 100)
    path, held = make_file(folder)
    path.write_bytes(b"x" * 100)
    held.release()
    assert path.name.startswith(".#20")
    assert [older, path] == [files.path for files in segments(folder)]
    assert 1 == retain(folder, 100, None)
    assert 1 == retain(folder, 0, None)
    assert [] == segments(folder)


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and modes")
class TestHostile:
    """Somebody else could write into the folder."""

    def test_links_in_place_of_locks_and_requests_lead_nowhere(self, tmp_path: Path) -> None:
        """No file is made elsewhere."""
        folder = tmp_path / "spool"
        folder.mkdir()
        database = folder / "a.db"
        (folder / "a.lock").symlink_to(tmp_path / "made by a lock")
        (folder / "a.release").symlink_to(tmp_path / "made by a request")
        with pytest.raises(OSError, match=r"a\.lock"):
            lock(database)
        assert not is_live(database)
        ask_for(database)
        assert is_asked_for(database)
        settle_request(database)
        assert [path.name for path in tmp_path.iterdir()] == ["spool"]

    def test_a_pipe_in_place_of_a_lock_blocks_nobody(self, tmp_path: Path) -> None:
        """It has no other end."""
        os.mkfifo(tmp_path / "a.lock")
        assert not is_live(tmp_path / "a.db")
        with pytest.raises(OSError, match="no plain file"):
            lock(tmp_path / "a.db")

    def test_one_segment_that_cannot_go_does_not_keep_the_others(self, tmp_path: Path) -> None:
        """The folder would grow without end."""
        names = [f"20260101T00000{number}.000000Z-h-1-0000000{number}" for number in range(3)]
        for name in names:
            (tmp_path / f"{name}.db").write_bytes(bytes(1000))
        os.mkfifo(tmp_path / f"{names[0]}.lock")
        with pytest.raises(OSError, match="no plain file"):
            retain(tmp_path, 0, None)
        assert [path.name for path in tmp_path.glob("*.db")] == [f"{names[0]}.db"]

    def test_nothing_that_is_made_is_for_others(self, tmp_path: Path) -> None:
        """Whatever the umask; folders on the way are for nobody else to write."""
        before = os.umask(0)
        try:
            make_folder(tmp_path / "var" / "traffic" / "spool")
        finally:
            os.umask(before)
        modes = [mode(path) for path in (tmp_path / "var").rglob("*")]
        assert mode(tmp_path / "var") == 0o755
        assert modes == [0o755, 0o700, 0o600]

    def test_a_full_disk_leaves_no_folder_without_its_gitignore(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else the next attempt would record into version control."""

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("asgi_mw.recorder.folder.create", full)
        with pytest.raises(OSError, match="No space left"):
            make_folder(tmp_path / "spool")
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_cannot_be_read_is_said(self, tmp_path: Path) -> None:
        """A file has taken its place."""
        (tmp_path / "spool").touch()
        with pytest.raises(StoreError, match="spool cannot be read: Not a directory"):
            segments(tmp_path / "spool")

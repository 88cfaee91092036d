from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from threading import Barrier, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder import look, restoring
from asgi_mw.recorder.folder import lock
from asgi_mw.recorder.keeping import mark
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.shipping.progress import unshipped
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.recorder.tallies import Tallies
from tests.recorder.half_way import WRITTEN, killed, started
from tests.system import PATIENCE, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = [one.id for one in reversed(WRITTEN)]


def read(folder: Path) -> tuple[list[str], tuple[str, ...]]:
    """All ids, the newest first, and what could not be read."""
    reading = Reader(folder).exchanges()
    return [one.id for one in reading], reading.problems


def journals(folder: Path) -> list[Path]:
    return [*folder.glob("*-journal")]


def contents(folder: Path) -> dict[str, bytes]:
    """All that is no lock, which is taken away with its last holder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def half_way(tmp_path: Path) -> Path:
    """A segment whose worker was killed as it closed it."""
    folder = tmp_path / "spool"
    killed(folder, "close")
    assert len(journals(folder)) == 1
    return folder


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody can write there; root passes by permissions, and not by how a disk is mounted."""
    if os.geteuid():
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)
        return
    if os.system(f"mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}'"):
        lacking("this root cannot mount")
    try:
        yield
    finally:
        os.system(f"umount '{folder}'")


def test_what_its_worker_left_half_closed_is_read(half_way: Path) -> None:
    """Whoever looks first restores it, without a word."""
    assert read(half_way) == (ALL, ())
    assert journals(half_way) == []


def test_all_that_readers_ask_is_answered(half_way: Path) -> None:
    """By one who never restored anything before."""
    store = SpoolStore(half_way)
    assert store.get(ALL[0]) == WRITTEN[-1]
    assert store.count() == len(ALL)
    assert [row.id for row in store.rows()] == ALL
    assert (store.stats().exchanges, store.stats().problems) == (len(ALL), ())
    assert store.follow()[0].problems == ()


@pytest.mark.parametrize(
    ("what", "count", "left"),
    [
        ("purge", 1, ALL),
        ("purge", 2, [one.id for one in reversed(WRITTEN) if not one.path.startswith("/1")]),
        ("keep", 1, ALL),
        ("keep", 4, ALL),
    ],
    ids=["purge", "purge, as it gives space back", "first mark", "second mark"],
)
def test_nothing_that_was_committed_is_lost(
    tmp_path: Path, what: str, count: int, left: list[str]
) -> None:
    """What was not is as if it had never begun."""
    killed(tmp_path, what, count)
    assert read(tmp_path) == (left + [WRITTEN[0].id] * (len(left) < 20), ())
    assert journals(tmp_path) == []
    kept = [one.id for one in Reader(tmp_path).exchanges() if one.kept]
    assert kept == [WRITTEN[0].id] * (count == 4)


def test_who_is_killed_while_he_restores_leaves_it_to_the_next(half_way: Path) -> None:
    """What was there before is in the journal until all of it is put back."""
    killed(half_way, "read")
    assert len(journals(half_way)) == 1
    assert read(half_way) == (ALL, ())


def test_who_may_not_write_is_told_what_he_does_not_see(half_way: Path) -> None:
    """And sees the rest."""
    [file] = half_way.glob("*.db")
    mark(half_way, WRITTEN[0])
    before = contents(half_way)
    with read_only(half_way):
        found = read(half_way)
    problem = (
        f"{file.name} cannot be read: the process that wrote it was killed, "
        f"and only who may write to {half_way} can restore it"
    )
    assert found == ([WRITTEN[0].id], (problem,))
    assert contents(half_way) == before
    assert read(half_way) == (ALL, ())


def test_two_who_read_at_once_see_all(half_way: Path) -> None:
    """One restores it, and the others wait."""
    barrier = Barrier(4)
    found: list[object] = []

    def look_at_it() -> None:
        barrier.wait()
        found.append(read(half_way))

    threads = [Thread(target=look_at_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(ALL, ())] * 4


def test_who_comes_while_it_is_restored_waits(half_way: Path) -> None:
    """A list without it would look whole."""
    [file] = half_way.glob("*.db")
    held = lock(file)
    assert held is not None
    found: list[object] = []
    thread = Thread(target=lambda: found.append(read(half_way)))
    thread.start()
    thread.join(0.1)
    assert found == []
    restoring.roll_back(file)
    held.release()
    thread.join()
    assert found == [(ALL, ())]


def test_what_a_live_process_writes_is_left_to_it(
    half_way: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock says that it lives, whatever SQLite makes of its journal."""
    monkeypatch.setattr(restoring, "_PATIENCE", 0.05)
    [file] = half_way.glob("*.db")
    held = lock(file)
    assert held is not None
    before = contents(half_way)
    problem = f"{file.name} is being changed and was not let go; try again"
    assert read(half_way) == ([], (problem,))
    assert contents(half_way) == before
    held.release()
    assert read(half_way) == (ALL, ())


def test_a_worker_that_is_stopped_as_it_closes_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real one, which holds both locks; nobody takes its journal for one of the dead."""
    monkeypatch.setattr(look, "_BUSY_SECONDS", 0.05)
    with started(tmp_path, "close", signal.SIGSTOP) as process:
        try:
            end = monotonic() + PATIENCE
            while not is_stopped(process.pid):
                if process.poll() is not None:
                    lacking("the SQLite of this Python cannot be reached")
                assert monotonic() < end
                sleep(0.01)
            [journal] = journals(tmp_path)
            before = journal.read_bytes()
            ids, [problem] = read(tmp_path)
            assert (ids, problem.endswith("(database is locked); try again")) == ([], True)
            assert journal.read_bytes() == before
        finally:
            process.send_signal(signal.SIGCONT)
        assert process.wait() == 0
    assert read(tmp_path) == (ALL, ())


def is_stopped(pid: int) -> bool:
    found, _ = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    return found == pid


def test_a_journal_that_names_another_file_is_not_followed(half_way: Path) -> None:
    """SQLite would take it for a part of the same transaction, and remove it."""
    other = half_way.parent / "precious"
    other.write_bytes(b"not a journal")
    [journal] = journals(half_way)
    name = str(other).encode()
    end = b"".join(number.to_bytes(4, "big") for number in (len(name), sum(name)))
    magic = bytes.fromhex("d9d505f920a163d7")
    journal.write_bytes(journal.read_bytes() + bytes(4) + name + end + magic)
    before = contents(half_way)
    ids, [problem] = read(half_way)
    assert ids == []
    assert problem.endswith(f"{journal.name} names another file; remove it")
    assert contents(half_way) == before
    assert other.exists()


def test_what_we_did_not_name_is_left_alone(half_way: Path) -> None:
    """Who writes it, and by which locks, is not known."""
    [file] = half_way.glob("*.db")
    [journal] = journals(half_way)
    file.rename(half_way / "shop.db")
    journal.rename(half_way / "shop.db-journal")
    before = contents(half_way)
    problem = (
        "shop.db cannot be read: the program that wrote it was killed; "
        "open it with that, or move it out of the folder"
    )
    assert read(half_way) == ([], (problem,))
    assert contents(half_way) == before


def test_what_retention_removes_counts(half_way: Path) -> None:
    """What it counted itself, and what of it was never shipped."""
    [file] = half_way.glob("*.db")
    (half_way / "ship-0.json").write_text(f'{{"places": {{"{file.name}": 5}}}}')
    held = lock(file)
    assert held is not None
    tallies = Tallies({}, {})
    tallies.inherit(file)
    assert tallies.unsaved() == {("dropped", "full"): 3}
    assert unshipped(file) == len(ALL) - 5
    held.release()

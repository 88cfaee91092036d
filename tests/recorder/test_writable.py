"""Whether a folder can be written is asked by writing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from asgi_mw import open_store
from asgi_mw.recorder.writable import why_not_makable, why_not_writable
from tests.system import PATIENCE

_NOBODY = 65534
_FULL = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # as if there were no more room
from asgi_mw.recorder.writable import why_not_writable
print(why_not_writable(Path(sys.argv[1])))
"""


def test_a_new_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    """Nothing is in it but what keeps it out of version control."""
    folder = tmp_path / "a" / "traffic"
    assert "" == why_not_writable(folder)
    assert [".gitignore"] == [path.name for path in folder.iterdir()]
    assert 0o700 == folder.stat().st_mode & 0o777


def test_a_folder_in_use_stays_as_it_is(tmp_path: Path) -> None:
    """Of any version: each process writes files of its own."""
    (tmp_path / "20260101T000000.000000Z-host-1-abcdef01.db").write_bytes(b"of another version")
    before = sorted(tmp_path.iterdir())
    assert "" == why_not_writable(tmp_path)
    assert before == sorted(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["/proc/traffic", "/proc/self/traffic"])
def test_what_not_even_root_can_make_is_told(tmp_path: Path, place: str) -> None:
    """With the reason of the system, and where."""
    assert f"No such file or directory ({place})" == why_not_writable(tmp_path / place)
    assert why_not_makable(tmp_path / place).startswith("No such file or directory (/proc")


def test_a_file_above_is_told(tmp_path: Path) -> None:
    """It is no folder."""
    (tmp_path / "notes").touch()
    folder = tmp_path / "notes" / "traffic"
    assert f"Not a directory ({folder})" == why_not_writable(folder)
    assert f"Not a directory ({tmp_path / 'notes'})" == why_not_makable(folder)


def test_a_folder_of_somebody_else_is_told() -> None:
    """Which may be read, but not written."""
    root = os.geteuid() == 0
    with TemporaryDirectory() as name:  # where anybody may look, as not in that of pytest
        folder = Path(name)
        folder.chmod(0o555)
        if root:  # who may write everywhere
            os.seteuid(_NOBODY)
        try:
            assert why_not_writable(folder).startswith("Permission denied (")
            assert why_not_makable(folder / "traffic").startswith("Permission denied (")
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o700)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Nothing is left behind."""
    # -B: Python itself would leave a file that is cut, and read it the next time
    command = [sys.executable, "-B", "-c", _FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout.strip() in {"disk I/O error", "database or disk is full"}
    assert [] == list(tmp_path.iterdir())


def test_what_can_be_made_is_not_made_by_the_look(tmp_path: Path) -> None:
    """``doctor`` leaves nothing behind."""
    assert "" == why_not_makable(tmp_path / "a" / "traffic")
    assert [] == list(tmp_path.iterdir())


def test_the_store_records_into_it_afterwards(tmp_path: Path) -> None:
    """The folder is one of a store."""
    assert "" == why_not_writable(tmp_path / "traffic")
    assert 0 == open_store(tmp_path / "traffic").stats().exchanges

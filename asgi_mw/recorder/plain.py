"""Touch only plain files, where others may have put links, or pipes that block."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# A link leads elsewhere; opening a pipe waits for its other end
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_ZEROS = bytes(1 << 16)


def is_plain(path: Path) -> bool:
    """Whether *path* is a file, and no link, pipe or device; also if nothing is there."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def open_plain(path: Path, flags: int) -> int:
    """A descriptor of *path*; what is made is for its owner only.

    Raises:
        OSError: It is no plain file, or cannot be opened.
    """
    descriptor = os.open(path, flags | _CAREFUL, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "no plain file", str(path))


def create(path: Path, content: bytes = b"") -> None:
    """Make *path*, for its owner only.

    Raises:
        FileExistsError: Something is there, even if it is a link that leads nowhere.
        OSError: It cannot be made.
    """
    descriptor = open_plain(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def overwrite(path: Path) -> None:
    """Overwrite *path* with zeros before it is removed, which takes no more room on the disk.

    Raises:
        OSError: It is no plain file, or cannot be written.
    """
    descriptor = open_plain(path, os.O_WRONLY)
    try:
        for _ in range(0, os.fstat(descriptor).st_size, len(_ZEROS)):
            os.write(descriptor, _ZEROS)
    finally:
        os.close(descriptor)

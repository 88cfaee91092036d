"""Make the pictures of docs/pictures: ``python -m tests.pictures [FOLDER]``.

Each command is run on terminals of three widths: an SVG has its colours, a text is without.
The page is a PNG, light and dark.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from tests.pictures.inspected import picture_page
from tests.pictures.shop import NOW, record
from tests.pictures.svg import drawn
from tests.pictures.terminal import printed

HERE = Path(__file__).parents[2] / "docs" / "pictures"
COMMANDS = {
    "ls": ["ls"],
    "tail": ["tail", "--lines", "5"],
    "show": ["show", "last", "--path", "/prices"],
}
WIDTHS = (40, 80, 120)


def make(folder: Path) -> None:
    """Write all of them into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as store:
        record(Path(store))
        for name, arguments in COMMANDS.items():
            for columns in WIDTHS:
                command = [*arguments, "--store", store]
                path = folder / f"{name}-{columns}"
                title = f"asgi-mw {' '.join(arguments)} at {columns} columns"
                picture = drawn(printed(command, columns, colour=True), columns, title)
                path.with_suffix(".svg").write_text(picture, "utf-8")
                path.with_suffix(".txt").write_text(printed(command, columns), "utf-8")


def main() -> None:
    """Make them as they would be a minute later, in UTC, wherever and whenever that is."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    os.environ["TZ"] = "UTC"
    time.tzset()
    with (
        patch("asgi_mw.cli.listing.time_ns", lambda: NOW),
        patch("asgi_mw.cli.tail.sleep", side_effect=KeyboardInterrupt),
    ):
        make(folder)
    picture_page(folder)


if __name__ == "__main__":
    main()

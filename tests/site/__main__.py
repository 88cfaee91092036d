"""Build the site of the docs: ``python -m tests.site [FOLDER] [--version 0.1] [--serve]``.

FOLDER, by default ``.artefacts/site``, keeps the other versions that it has.  ``--pictures`` saves
what it looks like in Chromium beside it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from threading import Event

from tests.site.building import BuildError, build
from tests.site.pages import ROOT
from tests.site.pictures import picture
from tests.site.serving import served
from tests.site.versions import LATEST, is_version, list_versions

_PORT = 8010


def main() -> int:
    """Build; say what is wrong, or where the site is."""
    asked = argparse.ArgumentParser(prog="python -m tests.site")
    asked.add_argument("folder", nargs="?", type=Path, default=ROOT / ".artefacts" / "site")
    asked.add_argument("--version", default=LATEST, help="a number, as 0.1; the default is latest")
    asked.add_argument("--pictures", action="store_true", help="save pictures of it, too")
    asked.add_argument("--serve", action="store_true", help="to this machine, until Ctrl+C")
    given = asked.parse_args()
    if not is_version(given.version):
        asked.error(f"--version {given.version}: is no number; write it as 0.1")
    try:
        build(given.folder / given.version, version=given.version)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    found = list_versions(given.folder)
    print(f"{given.folder / 'index.html'}: {', '.join(found)}")
    if given.pictures:
        folder = given.folder.parent / f"{given.folder.name}-pictures"
        with served(given.folder) as address:
            made = picture(f"{address}{given.version}/", folder)
        print(f"{folder}: {len(made)} pictures")
    if given.serve:
        _serve(given.folder)
    return 0


def _serve(folder: Path) -> None:
    with served(folder, port=_PORT) as address:
        print(f"{address}  Ctrl+C ends it", flush=True)
        try:
            Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    sys.exit(main())

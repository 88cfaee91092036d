"""Several versions of the docs in one folder, beside each other, as the theme's list wants them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LATEST = "latest"
"""The docs of what is in the tree; a release has its number."""
_NUMBER = re.compile(r"\d+(\.\d+)*")
_FIRST = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>asgi_mw</title>
<meta http-equiv="refresh" content="0; url={0}/">
<p><a href="{0}/">asgi_mw</a></p>
</html>
"""


def is_version(name: str) -> bool:
    """Whether docs may have this version."""
    return name == LATEST or _NUMBER.fullmatch(name) is not None


def list_versions(folder: Path) -> list[str]:
    """Write which versions *folder* has, the latest first, and a page that leads to that one."""
    names = [path.parent.name for path in folder.glob("*/index.html")]
    found = sorted(filter(is_version, names), key=_order, reverse=True)
    entries = [{"version": name, "title": name, "aliases": []} for name in found]
    (folder / "versions.json").write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    (folder / "index.html").write_text(_FIRST.format(found[0]), "utf-8")
    (folder / ".nojekyll").touch()  # GitHub would make pages of the Markdown
    return found


def _order(name: str) -> tuple[bool, list[int]]:
    return name == LATEST, [] if name == LATEST else [int(part) for part in name.split(".")]

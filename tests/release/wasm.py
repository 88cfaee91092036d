"""Try the package on CPython 3.14 in WebAssembly, where no other 3.14 is to be had.

It is Pyodide's, from npm, in node: CPython as it is, but without threads and processes, so only
what needs neither is tried.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.release.row import beside, tool

_PROGRAM = Path(__file__).with_name("wasm.mjs")
_PACKAGE = "pyodide@314"


def tried(folder: Path, wheel: Path) -> tuple[list[str], str]:
    """Install *wheel* and what it needs beside Pyodide, and run it there."""
    if missing := [name for name in ("node", "npm") if shutil.which(name) is None]:
        return [], f"left out, without {' and '.join(missing)}"
    here, site = folder / "wasm", folder / "wasm" / "site"
    here.mkdir()
    shutil.copy(_PROGRAM, here)
    tool("npm", "install", "--silent", "--no-fund", "--no-audit", _PACKAGE, cwd=here)
    pip = (beside("uv"), "pip", "install", "--quiet", "--python-version", "3.14")
    tool(*pip, "--only-binary", ":all:", "--target", site, wheel)
    said = tool("node", here / _PROGRAM.name, site, cwd=here)
    return [], said.strip().splitlines()[-1]

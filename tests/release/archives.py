"""Build the wheel and the sdist, and look at what is in them."""

from __future__ import annotations

import re
import tarfile
import zipfile
from email import message_from_string
from hashlib import sha256
from shutil import rmtree
from typing import TYPE_CHECKING

from tests.release.row import ROOT, beside, timed, tool
from tests.release.smoke.attempt import MODULES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.release.row import Row

# Of the page: one of each kind that it is made of
_ASSETS = ("index.html", "main.js", "base.css", "icon.svg")
_EXTRAS = {"all", "demo", "dev", "docs", *MODULES}
# Markdown's links and pictures, and those of HTML
_LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)\"""")


def build(folder: Path, *options: str) -> Path:
    """Build into *folder*, with what this environment has; the wheel.

    Args:
        folder: Where; it is emptied before.
        options: ``--wheel`` for one from the checkout, and no sdist; else it is built from that.
    """
    rmtree(folder, ignore_errors=True)
    line = (beside("python"), "-m", "build", "--no-isolation", "--outdir", folder)
    tool(*line, *options, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def checks(dist: Path, wheel: Path, again: Path) -> list[Row]:
    """What is wrong with *wheel* and the sdist in *dist*.

    Args:
        dist: The folder of both.
        wheel: Built from the sdist.
        again: A wheel built from the checkout.
    """
    (sdist,) = dist.glob("*.tar.gz")
    return [
        timed("wheel, contents", lambda: (_wheel(wheel), f"{len(_files(wheel))} files")),
        timed("wheel, metadata", lambda: (_metadata(wheel), _header(wheel)["Version"])),
        timed("wheel, from sdist and checkout", lambda: (_differences(wheel, again), "")),
        timed("sdist, contents", lambda: (_sdist(sdist), f"{sdist.stat().st_size // 1024} KiB")),
        timed("README", lambda: (_links(_description(wheel)), "")),
    ]


def _files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _header(wheel: Path) -> dict[str, str]:
    return dict(message_from_string(_text(wheel)).items())


def _text(wheel: Path) -> str:
    (text,) = (one for name, one in _files(wheel).items() if name.endswith("/METADATA"))
    return text.decode()


def _description(wheel: Path) -> str:
    return str(message_from_string(_text(wheel)).get_payload())


def _wheel(wheel: Path) -> list[str]:
    """It has what is needed, all of the package, and nothing else."""
    files = _files(wheel)
    static = "asgi_mw/inspector/static/"
    needed = ["asgi_mw/py.typed", *(static + name for name in _ASSETS)]
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "asgi_mw").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    package = {name for name in files if ".dist-info/" not in name}
    broken = [
        f"{name} is missing" for name in [*needed, *sorted(here - package)] if name not in files
    ]
    broken += [f"{name} does not belong in it" for name in sorted(package - here)]
    (entries,) = (
        text.decode() for name, text in files.items() if name.endswith("entry_points.txt")
    )
    broken += [
        f"no entry point {one}"
        for one in ("console_scripts", "pytest11")
        if f"[{one}]" not in entries
    ]
    if not any(name.endswith("/LICENSE") for name in files):
        broken.append("LICENSE is missing")
    return broken


def _metadata(wheel: Path) -> list[str]:
    head = message_from_string(_text(wheel))
    extras = set(head.get_all("Provides-Extra", []))
    needed = ("Summary", "Requires-Python", "License-Expression", "Description-Content-Type")
    broken = [f"no {name}" for name in needed if not head[name]]
    if extras != _EXTRAS:
        broken.append(f"extras that nobody checks: {sorted(extras ^ _EXTRAS)}")
    addresses = [one.partition(", ")[2] for one in head.get_all("Project-URL", [])]
    return broken + [f"{one} is no address" for one in addresses if not one.startswith("https://")]


def _differences(one: Path, other: Path) -> list[str]:
    """Both have the same files with the same bytes."""
    left, right = (
        {name: sha256(text).hexdigest() for name, text in _files(wheel).items()}
        for wheel in (one, other)
    )
    names = sorted(left.keys() | right.keys())
    return [f"{name} differs" for name in names if left.get(name) != right.get(name)]


def _sdist(sdist: Path) -> list[str]:
    """It has what is needed to build and to test, and nothing of this machine."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = ["pyproject.toml", "README.md", "LICENSE", "Makefile", "asgi_mw/py.typed"]
    needed += ["tests/conftest.py", "docs/index.md", "examples/shared.py"]
    broken = [f"{name} is missing" for name in needed if name not in names]
    hidden = re.compile(r"(^|/)(\.(?!gitignore$)[^/]+|__pycache__|dist|build)(/|$)")
    return broken + [
        f"{name} does not belong in it" for name in sorted(filter(hidden.search, names))
    ]


def _links(text: str) -> list[str]:
    """Each is a whole address: the pages of an index lie elsewhere."""
    found = [one or other for one, other in _LINK.findall(text)]
    return [f"{one} is no whole address" for one in found if not one.startswith(("https://", "#"))]


def twine(dist: Path) -> tuple[list[str], str]:
    """What twine says of the archives in *dist*; it renders the README, too."""
    tool(beside("twine"), "check", "--strict", *sorted(dist.iterdir()))
    return [], ""

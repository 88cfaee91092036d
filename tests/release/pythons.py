"""The interpreters that a release is checked on: those of its versions that start here."""

from __future__ import annotations

import shutil
import subprocess
from itertools import chain
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def interpreters() -> dict[str, Path]:
    """Each version that is here, on the path or under pyenv, by its number."""
    pyenv = Path.home() / ".pyenv" / "versions"
    found: dict[str, Path] = {}
    for version in VERSIONS:
        name = f"python{version}"
        on_path = shutil.which(name)
        # What pyenv puts on the path starts only the versions that are switched on
        for path in chain(sorted(pyenv.glob(f"{version}.*/bin/{name}"), reverse=True), [on_path]):
            if path is not None and _starts(path):
                found[version] = Path(path)
                break
    return found


def _starts(path: Path | str) -> bool:
    return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0

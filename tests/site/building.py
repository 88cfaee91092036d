"""Build the site, and take no warning for an answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.site.built import broken, from_elsewhere
from tests.site.pages import ROOT, lay_out


class BuildError(Exception):
    """The site is not as it should be; says what is wrong."""


def build(target: Path, *, version: str) -> None:
    """Build the docs of *version* into the folder *target*, in place of what is there.

    Raises:
        BuildError: The generator warned of something; a link leads nowhere; a page would load
            something from another host.
    """
    with tempfile.TemporaryDirectory() as work:
        config = lay_out(Path(work), version=version)
        done = subprocess.run(
            [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", config],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"{done.stdout}{done.stderr}"
        if done.returncode or "warning" in said.lower():
            raise BuildError(said)
        site = Path(work).resolve() / "site"
        if found := [*broken(site), *from_elsewhere(site)]:
            raise BuildError("\n".join(found))
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(site, target)

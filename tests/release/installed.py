"""Install the wheel into a clean environment, and try it there."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from shutil import copytree, ignore_patterns

from tests.release.row import PATIENCE, ROOT, ToolError, beside, tool

_SMOKE = Path("tests", "release", "smoke")


def clean(python: Path, folder: Path, *wanted: str, options: tuple[str, ...] = ()) -> Path:
    """Make an environment of *python* in *folder* with what is *wanted*; its Python.

    uv makes it, which is quick; where there is none, venv and pip do.

    Args:
        python: The interpreter.
        folder: Where.
        wanted: What to install.
        options: Of uv's ``pip install``.
    """
    made = folder / "bin" / "python"
    uv = beside("uv")
    if uv.exists():
        tool(uv, "venv", "--quiet", "--python", python, folder)
        tool(uv, "pip", "install", "--quiet", "--python", made, *options, *wanted)
    else:
        tool(python, "-m", "venv", folder)
        tool(made, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    return made


def named(wheel: Path, extra: str) -> str:
    """What to install for *wheel* with *extra*, or without any."""
    return f"{wheel}[{extra}]" if extra else str(wheel)


def tried(python: Path, extra: str) -> tuple[list[str], str]:
    """Try what *python* has of asgi_mw, in a folder of its own; what is broken, and how many."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copytree(ROOT / _SMOKE, folder / _SMOKE, ignore=ignore_patterns("__pycache__"))
        variables = {key: one for key, one in os.environ.items() if key in {"HOME", "PATH", "LANG"}}
        try:
            done = subprocess.run(
                [python, "-W", "default::DeprecationWarning", "-m", "tests.release.smoke", extra],
                cwd=folder,
                env=variables | {"PYTHONSAFEPATH": "", "PYTHONPATH": str(folder)},
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolError(f"the smoke test took more than {PATIENCE} s") from None
    try:
        found = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return [f"the smoke test ended with {done.returncode}: {done.stderr.strip()}"], ""
    broken = [f"{name}: {why}" for name, why in found["broken"].items()]
    return broken, f"{found['tried']} tried"

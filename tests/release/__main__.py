"""Make an environment with what a release is checked with, and check one: ``make release-check``.

Needs nothing but the standard library.  Arguments are handed on, see ``--help``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv-release"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def environment() -> Path:
    """The Python of an environment that holds the tools, and nothing of asgi_mw."""
    python = VENV / "bin" / "python"
    stamp, state = VENV / "installed", REQUIREMENTS.read_text("utf-8")
    if stamp.exists() and stamp.read_text("utf-8") == state:
        return python
    print(f"setting up {VENV.name} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
    stamp.write_text(state, "utf-8")
    return python


if __name__ == "__main__":
    command = [str(environment()), "-m", "tests.release.checking", *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)

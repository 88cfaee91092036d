"""Make an environment with the peers in it, and measure there: ``python3 tests/bench``.

``python3 tests/bench servers`` measures real servers under load.  Needs nothing but the standard
library.  Arguments are handed on, see ``--help``.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv-bench"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# asgion needs 3.12, and a newer Python is what a new service runs on
WANTED = ("python3.13", "python3.12")


def interpreter() -> str:
    """The newest wanted Python that starts, else the one that runs this."""
    pyenv = Path.home() / ".pyenv" / "versions"
    for name in WANTED:
        found = [shutil.which(name), *map(str, sorted(pyenv.glob(f"*/bin/{name}"), reverse=True))]
        for path in filter(None, found):
            # A shim of pyenv on the path starts only the versions that are switched on
            if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
                return path
    print("No Python 3.12 or 3.13 found: asgion needs one, and is left out.", file=sys.stderr)
    return sys.executable


def environment() -> Path:
    """The Python of an environment that holds asgi_mw, editable, and the peers."""
    python = VENV / "bin" / "python"
    wanted = REQUIREMENTS.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    stamp, state = VENV / "installed", hashlib.sha256(wanted).hexdigest()
    if stamp.exists() and stamp.read_text() == state:
        return python
    subprocess.run([interpreter(), "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(REQUIREMENTS), "-e", str(ROOT)], check=True)
    stamp.write_text(state)
    return python


if __name__ == "__main__":
    given = sys.argv[1:]
    servers = given[:1] == ["servers"]
    module = "tests.bench.servers" if servers else "tests.bench.measure"
    command = [str(environment()), "-m", module, *given[servers:]]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)

"""Try an installed package: ``python -m tests.release.smoke [EXTRA]``, in an empty folder."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from time import perf_counter

import asgi_mw
from tests.release.smoke import library, verbs
from tests.release.smoke.attempt import MODULES, is_there


def main(extra: str = "") -> int:
    """Try everything; print what is broken as JSON, by its name."""
    # A shell has what it starts in the background ignore Ctrl-C, and so would the verbs
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = perf_counter()
    broken: dict[str, str] = {}
    if Path(asgi_mw.__file__).is_relative_to(Path.cwd()):
        broken["package"] = f"{asgi_mw.__file__} is not what was installed"
    for one in MODULES if extra == "all" else filter(None, [extra]):
        if not is_there(one):
            broken["extra"] = f"{one} brings no {MODULES[one]}"
    tried = [*library.attempts(), *verbs.attempts(extra)]
    broken |= {one.name: why for one in tried if (why := one.outcome())}
    seconds = perf_counter() - began
    print(json.dumps({"tried": len(tried), "broken": broken, "seconds": round(seconds, 1)}))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

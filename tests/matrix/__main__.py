"""Serve every framework by every server, bare and in our layers, and write docs/matrix.md.

``python -m tests.matrix`` runs all; ``--only fastapi/uvicorn``, ``--only fastapi`` or ``--only
/granian``, as often as you like, run those alone, and write nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.matrix import certificates
from tests.matrix.cells import examine, from_json
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.page import rewritten, table
from tests.matrix.reasons import REASONS, explained
from tests.matrix.servers import SERVERS

if TYPE_CHECKING:
    from tests.matrix.cells import Cell

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "matrix.md"
_SAVED = _ROOT / ".artefacts" / "matrix"


def main() -> int:
    """Run the cells, some at a time; return 1 if one has a deviation without a reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--only", action="append", metavar="FRAMEWORK/SERVER")
    parser.add_argument("--jobs", type=int, default=4, help="cells at a time, 4 by default")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument(
        "--failed", action="store_true", help="run only what the last run did not explain"
    )
    options = parser.parse_args()
    try:
        chosen = _chosen(options.only or ["/"])
    except KeyError as error:
        parser.error(f"there is no {error}")
    cells = _saved(chosen) if options.failed else {}
    missing = [pair for pair in chosen if "/".join(pair) not in cells]
    wrong = _run(missing, options.jobs, cells)
    if len(cells) == len(FRAMEWORKS) * len(SERVERS):
        needed = {key for cell in cells.values() for key in explained(cell)[0]}
        wrong += [
            f"a reason left over: {key}"
            for key, reason in REASONS.items()
            if key not in needed and not reason.seldom
        ]
        print(table(cells), file=sys.stderr)
        if not wrong:
            PAGE.write_text(rewritten(PAGE.read_text("utf-8"), cells), "utf-8")
            print(f"written to {PAGE}", file=sys.stderr)
    if options.json:
        print(json.dumps([cell.as_json() for cell in cells.values()], indent=1))
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


def _saved(chosen: list[tuple[str, str]]) -> dict[str, Cell]:
    """The cells of the last run, without those that it did not explain."""
    files = [_SAVED / f"{'-'.join(pair)}.json" for pair in chosen]
    cells = [from_json(json.loads(one.read_text("utf-8"))) for one in files if one.exists()]
    return {cell.name: cell for cell in cells if not explained(cell)[1]}


def _run(chosen: list[tuple[str, str]], jobs: int, cells: dict[str, Cell]) -> list[str]:
    """Run them, and add them to *cells*; return what nothing explains."""
    _SAVED.mkdir(parents=True, exist_ok=True)
    wrong = []
    with TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        certificates.write(Path(folder))
        work = {pool.submit(examine, *pair, Path(folder)): pair for pair in chosen}
        for number, done in enumerate(as_completed(work), 1):
            name = "/".join(work[done])
            progress = f"{number}/{len(chosen)} {name}"
            try:
                cell = done.result()
            except Exception as error:  # noqa: BLE001  # of one cell: the others go on
                wrong.append(f"{name}: {error!r}")
                print(f"{progress} {error!r}", file=sys.stderr, flush=True)
                continue
            cells[name] = cell
            saved = _SAVED / f"{name.replace('/', '-')}.json"
            saved.write_text(json.dumps(cell.as_json(), indent=1), "utf-8")
            reasons, left = explained(cell)
            wrong += left
            said = f"{len(left)} unexplained" if left else "passes"
            if reasons:
                said += f", {len(reasons)} reasons"
            print(f"{progress} {cell.seconds:.1f} s: {said}", file=sys.stderr, flush=True)
    return wrong


def _chosen(only: list[str]) -> list[tuple[str, str]]:
    """The pairs of a framework and a server that are asked for."""
    pairs: dict[tuple[str, str], None] = {}
    for one in only:
        framework, _, server = one.partition("/")
        frameworks = [framework] if framework else [*FRAMEWORKS]
        servers = [server] if server else [*SERVERS]
        for pair in [(a, b) for a in frameworks for b in servers]:
            if pair[0] not in FRAMEWORKS or pair[1] not in SERVERS:
                raise KeyError("/".join(pair))
            pairs[pair] = None
    return [*pairs]


if __name__ == "__main__":
    sys.exit(main())

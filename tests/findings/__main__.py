"""Run every framework under every server, validated, and write what is found to docs/findings.md.

``python -m tests.findings`` runs all; names of frameworks and servers run those alone, and write
nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic

import pytest

from asgi_mw.spec import RULES
from tests.findings.page import rewritten, table
from tests.findings.pairs import FRAMEWORKS, SERVERS, run
from tests.findings.reasons import NOT_SERVED, REASONS

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def main() -> int:
    """Run them one after the other; 1 where a pair is not driven as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.findings", description=__doc__)
    parser.add_argument("--framework", choices=FRAMEWORKS, action="append")
    parser.add_argument("--server", choices=SERVERS, action="append")
    options = parser.parse_args()
    found = {}
    wrong = []
    for framework in options.framework or FRAMEWORKS:
        for server in options.server or SERVERS:
            pair = framework, server
            began = monotonic()
            try:
                outcome = run(framework, server)
            except pytest.fail.Exception as error:
                wrong.append(f"{framework} under {server}: {error}")
                continue
            found[pair] = outcome.found
            rules = sorted({one.rule for one in outcome.found})
            clean = "clean" if outcome.serves else "does not run"
            print(
                f"{framework:<10} {server:<9} {monotonic() - began:5.1f} s  "
                f"{', '.join(rules) or clean}",
                flush=True,
            )
            if outcome.serves is (pair in NOT_SERVED):
                wrong.append(f"{framework} under {server}: {outcome.got}")
    seen = {one.rule for some in found.values() for one in some}
    wrong += [f"no reason for {rule}: {RULES[rule].sentence}" for rule in seen - REASONS.keys()]
    whole = len(found) == len(FRAMEWORKS) * len(SERVERS)
    if whole:
        wrong += [f"a reason left over for {rule}" for rule in REASONS.keys() - seen]
        print(f"\n{table(found)}")
    print("\n".join(wrong), file=sys.stderr)
    if whole and not wrong:
        PAGE.write_text(rewritten(PAGE.read_text("utf-8"), found), "utf-8")
        print(f"written to {PAGE}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

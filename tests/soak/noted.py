"""A plugin for a pytest of its own: each rule that ``--asgi-strict`` finds broken, and the test.

The file is copied beside the tests that it looks at, and imports nothing of ours: a line of JSON
each goes to the file that ``ASGI_NOTED`` names.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_RULE = re.compile(r"\[([a-z_.-]+), (?:must|should|undecided)\]$", re.MULTILINE)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what the report of a test says, once."""
    said = [*getattr(report, "asgi_others", ()), str(report.longrepr or "")]
    said += [text for name, text in report.sections if name == "ASGI specification"]
    test = report.nodeid.partition("[")[0].rpartition("::")[2]
    rules = {rule for text in said for rule in _RULE.findall(text)}
    with Path(os.environ["ASGI_NOTED"]).open("a") as notes:
        notes.writelines(json.dumps([rule, test]) + "\n" for rule in sorted(rules))

"""The how-to's code runs."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_every_block_of_the_guide_runs() -> None:
    """In order, as one program."""
    blocks = re.findall(
        r"^```python\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )

    assert len(blocks) == 5
    exec(compile("\n".join(blocks), GUIDE.name, "exec"), {})

"""How many examples a property is tried with: all of them in `make fuzz`, a fifth in `make test`.

Those of each run elsewhere than in CI are new ones, so that what is unlikely is found in time.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

# As conftest.py registers it
DEEP = "deep"
_LEAST = 100


def tried(examples: int, **more: Any) -> settings:
    """Settings of a property that is worth that many *examples*."""
    deep = settings.get_current_profile_name() == DEEP
    return settings(max_examples=examples if deep else max(examples // 5, _LEAST), **more)

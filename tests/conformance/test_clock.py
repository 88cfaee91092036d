"""What takes too long is said with the time that it was given."""

from __future__ import annotations

import pytest

from asgi_mw.conformance.check import OverdueError
from asgi_mw.conformance.clock import Clock


@pytest.mark.parametrize(("limit", "said"), [(None, "60 s"), (-1.0, "-1 s")])
def test_the_limit_of_a_step_is_named(limit: float | None, said: str) -> None:
    """Its own if it has one, else that of a check."""
    clock = Clock()
    clock.begin(limit)
    clock._end = float("-inf")
    with pytest.raises(OverdueError, match=f"it took longer than {said}"):
        clock.until()

"""How fast a recording is replayed."""

from __future__ import annotations

from typing import Final

AS_FAST_AS_POSSIBLE: Final = 0.0
"""Each message as soon as the app asks for it, and sent what it sent before."""
AS_RECORDED: Final = 1.0
"""Each message as long after the beginning as it came; 0.5 is twice as fast."""

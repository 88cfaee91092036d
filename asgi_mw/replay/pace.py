"""How fast a recording is replayed."""

from __future__ import annotations

from typing import Final

AS_FAST_AS_POSSIBLE: Final = 0.0
"""Give each message as soon as the app asks for it and has sent what it had sent before."""
AS_RECORDED: Final = 1.0
"""Give each message as long after the beginning as it came; 0.5 is twice as fast."""

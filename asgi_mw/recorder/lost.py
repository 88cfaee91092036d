"""What a process was serving when it died: the last views of its segment, as exchanges.

A writer clears what it shows before it lets go of a segment.  So what stands in one that nobody
holds is final, if it is read after that was seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from asgi_mw.answers import progress_of

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def lost(view: Exchange) -> Exchange:
    """What was in flight when its process died, as *view* showed it last.

    A response that was over before was complete; of all else nobody saw the end.
    """
    progress = progress_of(view.type, view.events)
    if progress.complete:
        return replace(view, outcome=progress.outcome(None), ended=progress.ended)
    return replace(view, outcome="lost")

"""What a process was serving when it died: the last views of its segment, as exchanges.

A writer clears its views before it lets go of a segment.  So the views in a segment that nobody
holds are final, if they are read after its lock was found free.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from asgi_mw.answers import progress_of

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def lost(view: Exchange) -> Exchange:
    """What was in flight when its process died, as *view* showed it last.

    If its response was over before that, it is complete; of all others nobody saw the end.
    """
    progress = progress_of(view.type, view.events)
    if progress.complete:
        return replace(view, outcome=progress.outcome(None), ended=progress.ended)
    return replace(view, outcome="lost")

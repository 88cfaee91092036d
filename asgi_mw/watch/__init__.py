"""See in production what blocks the event loop, what hangs, and what is in flight.

>>> from asgi_mw import explain
>>> from asgi_mw.watch import watch
>>> async def app(scope, receive, send): ...
>>> print(explain(watch(app, blocked_after=0.25)))
watch(blocked_after=0.25)
app
"""

from __future__ import annotations

from asgi_mw.watch.layer import watch as watch
from asgi_mw.watch.picture import in_flight as in_flight

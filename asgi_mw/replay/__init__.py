"""Replay a recording: give an app again what it received, after a fix or in another version.

>>> from asgi_mw import open_store, record
>>> from asgi_mw.replay import replay
>>> from asgi_mw.testing import request, run
>>> def shop(price):
...     async def app(scope, receive, send):
...         headers = [(b"content-type", b"application/json")]
...         await send({"type": "http.response.start", "status": 200, "headers": headers})
...         await send({"type": "http.response.body", "body": b'{"mug": %d}' % price})
...     return app
>>> store = open_store("memory:")
>>> _ = run(request(record(shop(12), store=store), "GET", "/prices"))
>>> [recorded] = store.exchanges()
>>> again = run(replay(shop(13), recorded))
>>> again.exchange.status, [str(one) for one in again.differences()]
(200, ['body $.mug: 12 → 13'])
"""

from __future__ import annotations

from asgi_mw.replay.pace import AS_FAST_AS_POSSIBLE as AS_FAST_AS_POSSIBLE
from asgi_mw.replay.pace import AS_RECORDED as AS_RECORDED
from asgi_mw.replay.plan import Plan as Plan
from asgi_mw.replay.plan import plan as plan
from asgi_mw.replay.remote import Remote as Remote
from asgi_mw.replay.replaying import Replayed as Replayed
from asgi_mw.replay.replaying import Replayer as Replayer
from asgi_mw.replay.replaying import replay as replay

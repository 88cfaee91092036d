"""How the answer of an app differs from its earlier answer, part by part.

>>> from asgi_mw import compare, open_store, record
>>> from asgi_mw.testing import request, run
>>> async def app(scope, receive, send):
...     price = b"13" if scope["query_string"] else b"12"
...     headers = [(b"content-type", b"application/json")]
...     await send({"type": "http.response.start", "status": 200, "headers": headers})
...     await send({"type": "http.response.body", "body": b'{"items": [{"price": %s}]}' % price})
>>> store = open_store("memory:")
>>> for target in ("/order?new", "/order"):
...     _ = run(request(record(app, store=store), "GET", target))
>>> before, after = store.exchanges()
>>> for difference in compare(before, after, ignore=["request *"]):
...     print(difference)
body $.items[0].price: 12 → 13
"""

from __future__ import annotations

from asgi_mw.differences.comparing import compare as compare
from asgi_mw.differences.difference import Difference as Difference
from asgi_mw.differences.difference import Part as Part
from asgi_mw.differences.matching import Matcher as Matcher
from asgi_mw.differences.matching import matching as matching
from asgi_mw.differences.matching import present as present
from asgi_mw.differences.matching import within as within
from asgi_mw.differences.noise import Noise as Noise

r"""Serves an app to httpx and httpx2: both directions streamed, no socket.

>>> import anyio, httpx2
>>> from asgi_mw.testing import Transport, run
>>> async def app(scope, receive, send):
...     await send({"type": "http.response.start", "status": 200, "headers": []})
...     number = 0
...     while (number := number + 1):
...         body = f"data: {number}\n\n".encode()
...         await send({"type": "http.response.body", "body": body, "more_body": True})
>>> transport = Transport(app, lifespan=False, send_raises=OSError)
>>> async def events():
...     async with httpx2.AsyncClient(transport=transport, base_url="http://a") as client:
...         async with client.stream("GET", "/events") as response:
...             async for line in response.aiter_lines():
...                 if line == "data: 3":
...                     return line
>>> run(events())
'data: 3'

The app sent its events as the client read them, until the client left.

>>> [exchange] = transport.exchanges
>>> exchange.path, exchange.status, exchange.outcome, exchange.error.type
('/events', 200, 'client_gone', 'OSError')
"""

from __future__ import annotations

from asgi_mw.testing.transport.errors import TransportError as TransportError
from asgi_mw.testing.transport.transport import Transport as Transport

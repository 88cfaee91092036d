"""A server for tests: plays any ASGI server to any ASGI app, on asyncio and trio.

One call drives a whole connection and gives every fact of it:

>>> from asgi_mw.testing import request, run
>>> async def app(scope, receive, send):
...     message = await receive()
...     await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"1")]})
...     await send({"type": "http.response.body", "body": message["body"].upper()})
>>> result = run(request(app, "POST", "/shout", body=b"hello"))
>>> result.status, result.header("X"), result.body
(200, b'1', b'HELLO')

In an async test, ``await request(...)``.  A client that leaves, a server that cancels, a ``send``
that fails, and the ways of real servers are options:

>>> from asgi_mw.testing import UVICORN, before
>>> result = run(request(app, behaviour=UVICORN, disconnect=before("receive", 1)), backend="trio")
>>> result.raised
KeyError('body')
>>> result.received
[{'type': 'http.disconnect'}]

`Wire` does it step by step.  `Transport` serves an app to the clients of httpx and httpx2.
"""

from __future__ import annotations

from asgi_mw.recorder.stable import stable_text as stable_text
from asgi_mw.testing.behaviour import DAPHNE as DAPHNE
from asgi_mw.testing.behaviour import GRANIAN as GRANIAN
from asgi_mw.testing.behaviour import GUNICORN as GUNICORN
from asgi_mw.testing.behaviour import H2CORN as H2CORN
from asgi_mw.testing.behaviour import HYPERCORN as HYPERCORN
from asgi_mw.testing.behaviour import SERVERS as SERVERS
from asgi_mw.testing.behaviour import UVICORN as UVICORN
from asgi_mw.testing.behaviour import Behaviour as Behaviour
from asgi_mw.testing.behaviour import ClientDisconnected as ClientDisconnected
from asgi_mw.testing.behaviour import Moment as Moment
from asgi_mw.testing.behaviour import UnexpectedMessageError as UnexpectedMessageError
from asgi_mw.testing.behaviour import after as after
from asgi_mw.testing.behaviour import before as before
from asgi_mw.testing.behaviour import during as during
from asgi_mw.testing.behaviour import idle as idle
from asgi_mw.testing.drive import lifespan as lifespan
from asgi_mw.testing.drive import play as play
from asgi_mw.testing.drive import request as request
from asgi_mw.testing.drive import run as run
from asgi_mw.testing.drive import websocket as websocket
from asgi_mw.testing.headers import HEADER_KINDS as HEADER_KINDS
from asgi_mw.testing.result import Call as Call
from asgi_mw.testing.result import Result as Result
from asgi_mw.testing.scopes import http_scope as http_scope
from asgi_mw.testing.scopes import lifespan_scope as lifespan_scope
from asgi_mw.testing.scopes import websocket_scope as websocket_scope
from asgi_mw.testing.transport import Transport as Transport
from asgi_mw.testing.transport import TransportError as TransportError
from asgi_mw.testing.wire import Wire as Wire
from asgi_mw.testing.wire import WireError as WireError

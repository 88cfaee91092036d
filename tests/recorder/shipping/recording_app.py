"""Record without end: ``python -m tests.recorder.shipping.recording_app FOLDER HOST [ADDRESS]``.

Prints the number of each request once it is answered.
"""

from __future__ import annotations

import socket
import sys
from itertools import count
from time import sleep
from typing import TYPE_CHECKING

from asgi_mw import open_store, record
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with 4 KB."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x" * 4096})


if __name__ == "__main__":
    folder, host, *address = sys.argv[1:]
    socket.gethostname = lambda: host
    store = open_store(folder, flush_interval=0.02, segment_bytes=1_000_000)
    recorded = record(app, store=store, ship=address[0] if address else None)
    for number in count():
        run(request(recorded, "GET", f"/{host}/{number}"))
        if number % 20 == 0:
            store.flush()
            print(number, flush=True)
            sleep(0.005)

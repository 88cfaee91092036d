"""The pages of docs that answer a question: the app of each, its traffic, where the answer is."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import httpx2 as httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from asgi_mw import open_store
from asgi_mw.inspector import inspect
from asgi_mw.inspector.witness import witness
from tests.live.thread import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.types import App

DOCS = Path(__file__).parents[2] / "docs"
TOKEN = "a-token-for-the-picture-alone"  # it opens nothing else
FIRST = "[role=row]:not([hidden]) a"
"""The newest exchange in the list."""
_APP = re.compile(r"^```python\n# shop\.py\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Question(NamedTuple):
    """A page of the docs, and how the inspector answers it.

    Attributes:
        guide: The page's name.
        picture: What its picture is called.
        ask: Makes the traffic; takes the server's address.
        view: Of the exchange, which has the answer; the end of its address.
        answers: What is to be read there.
    """

    guide: str
    picture: str
    ask: Callable[[str], object]
    view: str
    answers: tuple[str, ...]

    @property
    def click(self) -> str:
        """What leads to the view."""
        return f"a[href$='/{self.view}']"


def _catalogue(base: str) -> None:
    headers = {"accept-encoding": "gzip"}
    httpx.get(f"{base}/catalogue", headers=headers, trust_env=False)


def _orders(base: str) -> None:
    with connect(f"{base.replace('http', 'ws')}/orders", proxy=None) as websocket:
        for order, token in ((1042, "valid"), (1043, "valid"), (1042, "expired")):
            websocket.send(json.dumps({"token": token, "order": order}))
            if token == "valid":
                websocket.recv()
                sleep(0.05)  # as somebody who reads
        with suppress(ConnectionClosed):
            websocket.recv()


def _upload(base: str) -> None:
    def slowly() -> Iterator[bytes]:
        for _ in range(4):
            yield bytes(20_000)
            sleep(0.2)  # as a bad network

    httpx.post(f"{base}/pictures", content=slowly(), trust_env=False)


QUESTIONS = (
    Question(
        "which-layer-dropped-my-header",
        "header",
        _catalogue,
        "layers",
        ("Tidy", "etag"),
    ),
    Question(
        "why-does-my-websocket-close",
        "websocket",
        _orders,
        "conversation",
        ("1008", "token expired"),
    ),
    Question("who-was-slow", "slow", _upload, "time", ("client took", "scan")),
)


def app_of(question: Question) -> App:
    """The app that the page of docs shows."""
    found = _APP.search((DOCS / f"{question.guide}.md").read_text("utf-8"))
    assert found is not None
    module = ModuleType("shop")
    with patch.dict(sys.modules, shop=module):
        exec(found[1], vars(module))
    app: App = module.app
    return app


@contextmanager
def asked(question: Question) -> Iterator[str]:
    """Serve the app with its page, after its traffic; gives the address that opens the page."""
    store = open_store("memory:")
    with (
        patch.dict(os.environ, ASGI_MW_INSPECTOR_TOKEN=TOKEN),
        witness(),
        served(inspect(app_of(question), store=store, announce=False)) as port,
    ):
        base = f"http://127.0.0.1:{port}"
        question.ask(base)
        yield f"{base}/__asgi__/enter#token={TOKEN}"

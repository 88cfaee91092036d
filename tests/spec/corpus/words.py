"""The messages that apps and servers of the corpus say, each made anew."""

from __future__ import annotations

from typing import Any

Said = dict[str, Any]


def start(status: Any = 200, **keys: Any) -> Said:
    """``http.response.start``."""
    return {"type": "http.response.start", "status": status, **keys}


def body(data: Any = b"hi", **keys: Any) -> Said:
    """``http.response.body``."""
    return {"type": "http.response.body", "body": data, **keys}


def more(data: Any = b"hi") -> Said:
    """The same, with more to come."""
    return body(data, more_body=True)


def trailers(*pairs: Any, **keys: Any) -> Said:
    """``http.response.trailers``."""
    return {"type": "http.response.trailers", "headers": list(pairs), **keys}


def trailing(**keys: Any) -> Said:
    """A start that announces trailers."""
    return start(trailers=True, **{"headers": [(b"trailer", b"x-sum")], **keys})


def extra(name: str, **keys: Any) -> Said:
    """A message of the extension ``http.response.<name>``."""
    return {"type": f"http.response.{name}", **keys}


def push(path: Any = "/a.css", headers: Any = ()) -> Said:
    """``http.response.push``."""
    return extra("push", path=path, headers=headers)


def hint(*links: Any) -> Said:
    """``http.response.early_hint``."""
    return extra("early_hint", links=list(links) or [b"</a.css>; rel=preload"])


def accept(**keys: Any) -> Said:
    """``websocket.accept``."""
    return {"type": "websocket.accept", **keys}


def text(data: Any = "hi", **keys: Any) -> Said:
    """``websocket.send``."""
    return {"type": "websocket.send", "text": data, **keys}


def close(**keys: Any) -> Said:
    """``websocket.close``."""
    return {"type": "websocket.close", **keys}


def deny(status: Any = 401, **keys: Any) -> Said:
    """``websocket.http.response.start``."""
    return {"type": "websocket.http.response.start", "status": status, **keys}


def no(data: Any = b"no", **keys: Any) -> Said:
    """``websocket.http.response.body``."""
    return {"type": "websocket.http.response.body", "body": data, **keys}


def up(**keys: Any) -> Said:
    """``lifespan.startup.complete``."""
    return {"type": "lifespan.startup.complete", **keys}


def up_failed(message: Any = "no disk") -> Said:
    """``lifespan.startup.failed``."""
    return {"type": "lifespan.startup.failed", "message": message}


def down(**keys: Any) -> Said:
    """``lifespan.shutdown.complete``."""
    return {"type": "lifespan.shutdown.complete", **keys}


def down_failed(message: Any = "stuck") -> Said:
    """``lifespan.shutdown.failed``."""
    return {"type": "lifespan.shutdown.failed", "message": message}


def request(data: Any = b"", **keys: Any) -> Said:
    """``http.request``."""
    return {"type": "http.request", "body": data, **keys}


def connect(**keys: Any) -> Said:
    """``websocket.connect``."""
    return {"type": "websocket.connect", **keys}


def receive(data: Any = "hi", **keys: Any) -> Said:
    """``websocket.receive``."""
    return {"type": "websocket.receive", "text": data, **keys}


def left(code: Any = 1000, **keys: Any) -> Said:
    """``websocket.disconnect``."""
    return {"type": "websocket.disconnect", "code": code, **keys}


def gone(**keys: Any) -> Said:
    """``http.disconnect``."""
    return {"type": "http.disconnect", **keys}


def startup(**keys: Any) -> Said:
    """``lifespan.startup``."""
    return {"type": "lifespan.startup", **keys}


def shutdown(**keys: Any) -> Said:
    """``lifespan.shutdown``."""
    return {"type": "lifespan.shutdown", **keys}

"""What a type checker refuses: each of these raises, too, when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

import asgi_mw.spec
from asgi_mw import layer, open_store, production, record, request_id, stack, timing

if TYPE_CHECKING:
    from collections.abc import Callable

MISTAKES: dict[str, Callable[[], object]] = {
    "an option of a layer": lambda: timing(FastAPI(), metrc="web"),  # type: ignore[call-arg]
    "an option of the stack": lambda: production(FastAPI(), origins=["*"]),  # type: ignore[call-arg]
    "the type of an option": lambda: record(FastAPI(), keep=500),  # type: ignore[arg-type]
    "the name of an app": lambda: timing("shop:app"),  # type: ignore[type-var]
    "a function that is not awaited": lambda: timing(lambda scope: None),  # type: ignore[type-var]
    "no app": lambda: stack(),  # type: ignore[call-arg]  # noqa: PLW0108  # the call is the mistake
    "a list of layers": lambda: stack(FastAPI(), [request_id, timing]),  # type: ignore[arg-type]
    "the name of a layer": lambda: layer("timing"),  # type: ignore[arg-type]
    "a name that a room lacks": lambda: asgi_mw.spec.chekc,  # type: ignore[attr-defined]
    "a store by number": lambda: open_store(7),  # type: ignore[arg-type]
}

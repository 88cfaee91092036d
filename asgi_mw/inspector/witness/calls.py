"""Witness what clients of httpx and httpx2 send while a connection is served.

``send`` is wrapped in the classes, so that clients that were made before are seen too, whatever
transports, redirects and event hooks they have.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from asgi_mw.faults import Faults
from asgi_mw.inspector.witness.wrapping import Wrapping
from asgi_mw.noting import note, takers

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.noting import Opened

_LIBRARIES = ("httpx", "httpx2")


class Calls:
    """Notes each request that a client sends, until its response is there."""

    def __init__(self) -> None:
        self._faults = Faults("witness")
        self._wrappings: dict[str, list[Wrapping]] = {}
        self._on = False

    def look(self) -> None:
        """Wrap the clients of a library that was imported meanwhile."""
        for library in _LIBRARIES:
            if library in sys.modules and library not in self._wrappings:
                self._find(library)

    def install(self) -> None:
        """Begin, if that was not done before."""
        self._on = True
        self.look()
        for one in self._all():
            one.install()

    def remove(self) -> None:
        """Leave everything as it was found."""
        self._on = False
        for one in self._all():
            one.remove()

    def _all(self) -> list[Wrapping]:
        return [one for found in self._wrappings.values() for one in found]

    def _find(self, library: str) -> None:
        module = sys.modules[library]
        client, later = getattr(module, "Client", None), getattr(module, "AsyncClient", None)
        if not isinstance(client, type) or not isinstance(later, type):
            return  # it is being imported
        found = [Wrapping(client, "send", self._sent), Wrapping(later, "send", self._sent_later)]
        self._wrappings[library] = found
        if self._on:
            for one in found:
                one.install()

    def _sent(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def send(client: Any, request: Any, *args: Any, **options: Any) -> Any:
            opened = self._opened(request)
            if opened is None:
                return original(client, request, *args, **options)
            try:
                response = original(client, request, *args, **options)
            except BaseException as error:
                self._failed(opened, request, error)
                raise
            self._answered(opened, request, response)
            return response

        return send

    def _sent_later(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def send(client: Any, request: Any, *args: Any, **options: Any) -> Any:
            opened = self._opened(request)
            if opened is None:
                return await original(client, request, *args, **options)
            try:
                response = await original(client, request, *args, **options)
            except BaseException as error:
                self._failed(opened, request, error)
                raise
            self._answered(opened, request, response)
            return response

        return send

    def _opened(self, request: Any) -> Opened | None:
        if not self._on or not takers():
            return None
        try:
            return note("call", f"{request.method} {request.url}", detail=_asked(request))
        except Exception as error:  # noqa: BLE001  # a fault of ours never reaches the app
            self._faults.note("call", error)
            return None

    def _answered(self, opened: Opened, request: Any, response: Any) -> None:
        try:
            status = response.status_code
            level = "error" if status >= 500 else "warning" if status >= 400 else None
            detail = {**_asked(request), "status": status}
            if response.history:
                detail |= {"redirects": len(response.history), "answered_by": str(response.url)}
            opened.close(level=level, detail=detail)
        except Exception as error:  # noqa: BLE001  # the same
            self._faults.note("call", error)

    def _failed(self, opened: Opened, request: Any, error: BaseException) -> None:
        try:
            kind = type(error)
            said = f"{kind.__module__}.{kind.__qualname__}: {error}".removesuffix(": ")
            opened.close(level="error", detail={**_asked(request), "error": said})
        except Exception as fault:  # noqa: BLE001  # the same
            self._faults.note("call", fault)


def _asked(request: Any) -> dict[str, Any]:
    return {"method": request.method, "url": str(request.url)}

"""What a server of the matrix serves: one framework's app, bare or with our layers, observed.

The environment decides: ``MATRIX_FRAMEWORK`` names the module in ``apps``, ``MATRIX_ATTACHED`` is
``bare``, ``outside`` or ``native``, ``MATRIX_SERVER`` names the server, and ``MATRIX_FOLDER`` the
folder to which everything is written.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

_FOLDER = Path(os.environ["MATRIX_FOLDER"])
_ATTACHED = os.environ["MATRIX_ATTACHED"]
_WHOLE = 10_000_000  # bytes: more than any body of the traffic
flushes: list[Any] = []
"""What a Lambda has to call where a request ends."""
_HOOKED = ("nexios", "quart", "falcon", "blacksheep", "sanic")


def _open(name: str) -> Any:
    return (_FOLDER / name).open("a", encoding="utf-8")


def _served() -> Any:
    framework = os.environ["MATRIX_FRAMEWORK"]
    app: Any = import_module(f"tests.matrix.apps.{framework}").app
    if _ATTACHED == "bare":
        return app
    from asgi_mw import install, layer, logs, production, record, stack  # noqa: PLC0415  # not in the bare run
    from asgi_mw.otlp import exporting  # noqa: PLC0415  # the same
    from tests.matrix.spans import telemetry_into  # noqa: PLC0415  # the same

    logs.configure(format="json", stream=_open("log"))
    telemetry = telemetry_into(_open("spans"))
    layers = [
        layer(record, store=str(_FOLDER / "store"), body_limit=_WHOLE, connection_limit=_WHOLE),
        layer(production, tracing={"tracer_provider": telemetry.tracer_provider}),
    ]
    if os.environ["MATRIX_SERVER"] == "mangum":  # whose lifespan is over after each request
        provider: Any = telemetry.tracer_provider
        flushes.append(provider.force_flush)
    else:
        # Inside of record: if the app has no lifespan, record sees the answers of exporting
        layers.insert(1, layer(exporting, telemetry=telemetry))
    if _ATTACHED == "native":
        return install(app, *layers)
    if framework in _HOOKED:
        import_module(f"asgi_mw.integrations.{framework}").route_hook(app)
    return stack(app, *layers)


def _observed() -> Any:
    from tests.matrix.observer import observed  # noqa: PLC0415  # after what may set the process up

    return observed(_served(), _open("observed"))


app = _observed()

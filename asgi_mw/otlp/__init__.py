"""Send traces, metrics and logs to a collector by OTLP, and stop in time.

Configure it once in each process, where the app is made, and let it stop with the server::

    telemetry = configure(service_name="shop")
    app = stack(api, layer(exporting, telemetry=telemetry), tracing)
"""

from __future__ import annotations

from asgi_mw.otlp.lifespan import exporting as exporting
from asgi_mw.otlp.sdk import configure as configure
from asgi_mw.otlp.telemetry import Telemetry as Telemetry

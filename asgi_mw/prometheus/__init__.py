"""Metrics for teams that scrape: OpenTelemetry's meters over ``prometheus_client``, and a page.

No OpenTelemetry SDK is needed.

>>> from prometheus_client import CollectorRegistry
>>> from asgi_mw.testing import request, run
>>> registry = CollectorRegistry()
>>> meter = meter_provider(registry=registry).get_meter("shop")
>>> meter.create_counter("shop.sales", unit="{sale}").add(2, {"shop.country": "is"})
>>> print(run(request(metrics_app(registry=registry))).body.decode().splitlines()[-1])
shop_sales_total{shop_country="is"} 2.0
"""

from __future__ import annotations

from asgi_mw.errors import MissingExtraError

try:
    import prometheus_client as _  # noqa: F401  # an extra
except ImportError:
    raise MissingExtraError("prometheus_client", "prometheus") from None

from asgi_mw.prometheus.meters import MeterProvider as MeterProvider
from asgi_mw.prometheus.meters import meter_provider as meter_provider
from asgi_mw.prometheus.page import metrics_app as metrics_app

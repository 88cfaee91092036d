"""Check what is to be sent where: the options of `configure`, and the ``OTEL_*`` variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from asgi_mw.options import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.errors import Problems

SIGNALS = ("traces", "metrics", "logs")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `configure` was asked for; ``None`` leaves it to the exporters and their variables.

    Attributes:
        endpoint: URL of the collector, without a path of a signal.
        headers: To send with each export.
        timeout: Seconds for one export, with all its tries.
        resource: Attributes of the service.
        signals: Some of `SIGNALS`; none if the SDK is disabled.
    """

    endpoint: str | None
    headers: Mapping[str, str] | None
    timeout: float | None
    resource: Mapping[str, str]
    signals: frozenset[str]

    def url(self, signal: str) -> str | None:
        """Where *signal* goes; ``None`` if the variables say it.

        >>> Settings("http://collector:4318/", None, None, {}, frozenset()).url("traces")
        'http://collector:4318/v1/traces'
        """
        return None if self.endpoint is None else f"{self.endpoint.rstrip('/')}/v1/{signal}"


def settings(
    problems: Problems,
    *,
    service_name: str | None,
    endpoint: str | None,
    headers: Mapping[str, str] | None,
    timeout: float | None,
    resource: Mapping[str, str] | None,
    signals: Iterable[str] | None,
) -> Settings:
    """Compile the options; what is wrong is noted."""
    attributes = _texts(resource, "resource", problems) or {}
    if service_name is not None:
        if not isinstance(service_name, str) or not service_name:
            problems.add("service_name", service_name, "is no name", "write it as 'shop'")
        attributes = {**attributes, "service.name": service_name}
    if endpoint is not None:
        _check_endpoint(endpoint, problems)
    if timeout is not None:
        number(timeout, "timeout", problems, least=0.001)
    wanted = set(SIGNALS if signals is None else signals)
    if unknown := wanted - set(SIGNALS):
        mend = f"there are: {', '.join(SIGNALS)}"
        problems.add("signals", sorted(map(str, unknown)), "are no signals", mend)
    if _variable("OTEL_SDK_DISABLED").lower() == "true":
        wanted = set()
    enabled = frozenset(signal for signal in wanted if _is_sent(signal, problems))
    return Settings(endpoint, _texts(headers, "headers", problems), timeout, attributes, enabled)


def _check_endpoint(endpoint: str, problems: Problems) -> None:
    mend = "write it as 'http://collector:4318'"
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (ValueError, TypeError, AttributeError):
        usable = False
    if not usable:
        problems.add("endpoint", endpoint, "is no URL of http or https", mend)
    elif parts.query or parts.path.rstrip("/").endswith(tuple(f"/v1/{name}" for name in SIGNALS)):
        problems.add("endpoint", endpoint, "is the place of one signal", mend)


def _texts(
    given: Mapping[str, str] | None, option: str, problems: Problems
) -> Mapping[str, str] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        problems.add(option, given, "is no mapping", f"write {option}={{'name': 'value'}}")
        return None
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            problems.add(option, (name, value), "is no text", f"write {option}={{'name': 'value'}}")
    return dict(given)


def _is_sent(signal: str, problems: Problems) -> bool:
    """Whether the variables let *signal* be sent, and as it is sent here."""
    name = f"OTEL_{signal.upper()}_EXPORTER"
    chosen = _variable(name) or "otlp"
    if chosen == "none":
        return False
    if chosen != "otlp":
        mend = f"set it to otlp or none, or set up the SDK for {chosen} yourself"
        problems.add(name, chosen, "is not what this sends by", mend)
    for name in (f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        protocol = _variable(name)
        if protocol and protocol != "http/protobuf":
            mend = "set it to http/protobuf, and the endpoint to the port for it, usually 4318"
            problems.add(name, protocol, "is not the protocol that this speaks", mend)
        if protocol:
            break
    return True


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()

"""Check the options of `configure` and the ``OTEL_*`` variables: what is sent, and where to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from asgi_mw.options import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.errors import Problems

SIGNALS = ("traces", "metrics", "logs")
# https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-default-port
_PORT_OF_GRPC = 4317
_SPACE = re.compile(r"[\s\x00-\x1f]")
# RFC 9110, sections 5.1 and 5.5, in latin-1
_HEADER = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `configure`; ``None`` leaves one to the exporters and their variables.

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
        """The URL for *signal*; ``None`` if the variables set it.

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
    """Compile the options; note what is wrong in *problems*."""
    attributes = _texts(resource, "resource", problems) or {}
    if service_name is not None:
        if not isinstance(service_name, str) or not service_name:
            problems.add("service_name", service_name, "is no name", "write it as 'shop'")
        attributes = {**attributes, "service.name": service_name}
    if endpoint is not None:
        check_endpoint("endpoint", endpoint, problems)
    if timeout is not None:
        seconds(timeout, "timeout", problems, default=10, least=0.001)
    wanted = _wanted(signals, problems)
    if _variable("OTEL_SDK_DISABLED").lower() == "true":
        wanted = set()
    enabled = frozenset(signal for signal in sorted(wanted) if _is_sent(signal, problems))
    for signal in sorted(enabled):
        _check_variables(signal, problems, endpoint=endpoint is None, timeout=timeout is None)
    sent = _texts(headers, "headers", problems)
    for name, value in (sent or {}).items():
        if not _HEADER.fullmatch(f"{name}: {value}"):  # each export would fail
            mend = "leave out line ends, spaces around it, and what is no latin-1"
            # Without the value, which may be secret
            problems.add("headers", name, "has no value of a header", mend)
    return Settings(endpoint, sent, timeout, attributes, enabled)


def hosts_of_grpc(chosen: Settings) -> list[str]:
    """The hosts that get exports at the port that is usually for gRPC.

    >>> hosts_of_grpc(Settings("http://collector:4317", None, None, {}, frozenset(["traces"])))
    ['collector']
    """
    hosts = {}
    for signal in sorted(chosen.signals):
        own = _variable(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT")
        parts = urlsplit(chosen.endpoint or own or _variable("OTEL_EXPORTER_OTLP_ENDPOINT"))
        if parts.port == _PORT_OF_GRPC:
            hosts[parts.hostname or ""] = True  # not the URL, which may hold a password
    return list(hosts)


def seconds(
    value: object, option: str, problems: Problems, *, default: int, least: float = 0
) -> None:
    """Check a time; if it is a text, as ``"5s"``, advise a number, as *default*."""
    if isinstance(value, str):
        problems.add(option, value, "is no number", f"write seconds, as {option}={default}")
    else:
        number(value, option, problems, least=least)


def _wanted(signals: Iterable[str] | None, problems: Problems) -> set[str]:
    if signals is None:
        return set(SIGNALS)
    if isinstance(signals, str):
        problems.add("signals", signals, "a list is meant", f"write signals=[{signals!r}]")
        return set()
    mend = f"there are: {', '.join(SIGNALS)}"
    try:
        wanted = set(signals)
    except TypeError:
        problems.add("signals", signals, "is no list of signals", mend)
        return set()
    if unknown := wanted - set(SIGNALS):
        problems.add("signals", sorted(map(str, unknown)), "are no signals", mend)
    return wanted & set(SIGNALS)


def check_endpoint(
    option: str, endpoint: str, problems: Problems, *, of_one_signal: bool = False
) -> None:
    """Check the URL of a collector: for all signals, or *of_one_signal*."""
    mend = "write it as 'http://collector:4318'"
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        usable = usable and not _SPACE.search(endpoint)
    except (ValueError, TypeError, AttributeError):
        usable = False
    if not usable:
        _add(problems, option, endpoint, "is no URL of http or https", mend)
    elif not of_one_signal and (
        parts.query
        or parts.fragment
        or parts.path.rstrip("/").endswith(tuple(f"/v1/{name}" for name in SIGNALS))
    ):
        _add(problems, option, endpoint, "is the place of one signal", mend)


def _check_variables(signal: str, problems: Problems, *, endpoint: bool, timeout: bool) -> None:
    """Check that exports can work: with wrong variables, the exporters would fail each time."""
    one, every = f"OTEL_EXPORTER_OTLP_{signal.upper()}_", "OTEL_EXPORTER_OTLP_"
    if endpoint:
        own = os.environ.get(f"{one}ENDPOINT")
        if own:
            check_endpoint(f"{one}ENDPOINT", own, problems, of_one_signal=True)
        elif url := os.environ.get(f"{every}ENDPOINT"):
            check_endpoint(f"{every}ENDPOINT", url, problems)
    if timeout:
        name = f"{one}TIMEOUT" if os.environ.get(f"{one}TIMEOUT") else f"{every}TIMEOUT"
        try:
            usable = 0 < float(_variable(name) or 1) < float("inf")
        except ValueError:
            usable = True  # the exporter logs it, and takes 10
        if not usable:
            _add(problems, name, _variable(name), "is no time", "set it to seconds, as 10")


def _add(problems: Problems, option: str, value: object, reason: str, mend: str) -> None:
    """Note the problem once, not once for each signal."""
    if all(known.option != option for known in problems.found):
        problems.add(option, value, reason, mend)


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
    """Whether the variables let *signal* be sent; note those that ask for another way to send."""
    name = f"OTEL_{signal.upper()}_EXPORTER"
    chosen = _variable(name) or "otlp"
    if chosen == "none":
        return False
    if chosen != "otlp":
        mend = f"set it to otlp or none, or set up the SDK for {chosen} yourself"
        _add(problems, name, chosen, "is not what this sends by", mend)
    for name in (f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        protocol = _variable(name)
        if protocol and protocol != "http/protobuf":
            mend = "set it to http/protobuf, and the endpoint to the port for it, usually 4318"
            _add(problems, name, protocol, "is not the protocol that this speaks", mend)
        if protocol:
            break
    return True


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()

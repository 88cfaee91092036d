from __future__ import annotations

import pytest

from asgi_mw.export.otlp.variables import headers_of, pairs, resource_of, said_of, timeout_of


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of whoever runs the tests counts."""
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    for what in ("HEADERS", "TIMEOUT", "COMPRESSION"):
        for signal in ("", "LOGS_"):
            monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{signal}{what}", raising=False)


@pytest.mark.parametrize(
    ("name", "attributes", "resource"),
    [
        ("", "", {"service.name": "unknown_service"}),
        ("shop", "", {"service.name": "shop"}),
        ("", "service.name=a,x=b%20c", {"service.name": "a", "x": "b c"}),
        ("shop", "service.name=a", {"service.name": "shop"}),
    ],
)
def test_the_service_is_named_as_for_the_sdk(
    monkeypatch: pytest.MonkeyPatch, name: str, attributes: str, resource: dict[str, str]
) -> None:
    """OTEL_SERVICE_NAME wins."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", name)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", attributes)
    assert resource_of() == resource


def test_what_is_said_of_logs_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over what is said of all signals."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a")
    assert headers_of() == {"authorization": "Bearer a"}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x=b")
    assert headers_of() == {"x": "b"}
    assert said_of("COMPRESSION") == ""


@pytest.mark.parametrize(
    ("said", "seconds"), [("", 10), ("3.5", 3.5), ("soon", 10), ("-1", 10), ("inf", 10)]
)
def test_what_is_no_time_is_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, said: str, seconds: float
) -> None:
    """As the SDK has it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", said)
    assert timeout_of() == seconds


def test_what_is_no_pair_is_left_out() -> None:
    """Empty ones, too."""
    assert pairs("a=1,,b, c = d=e") == {"a": "1", "c": "d=e"}
    assert pairs(None) == {}

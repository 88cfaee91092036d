"""Options win over variables, and what cannot be right is said at once."""

from __future__ import annotations

import os
from typing import Any

import pytest

from asgi_mw.errors import Problems
from asgi_mw.otlp.settings import SIGNALS, Settings, settings

NOTHING: dict[str, Any] = dict.fromkeys(
    ["service_name", "endpoint", "headers", "timeout", "resource", "signals"]
)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget those of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


def compiled(**options: Any) -> tuple[Settings, list[str]]:
    """What the options mean, and what is wrong with them."""
    problems = Problems("otlp.configure")
    made = settings(problems, **NOTHING | options)
    return made, [str(problem) for problem in problems.found]


def test_by_default_everything_is_sent() -> None:
    """And the exporters read their variables."""
    assert (Settings(None, None, None, {}, frozenset(SIGNALS)), []) == compiled()


def test_every_option_is_kept() -> None:
    """The name of the service is one of its attributes."""
    made, problems = compiled(
        service_name="shop",
        endpoint="https://collector:4318/otlp",
        headers={"a": "b"},
        timeout=2,
        resource={"service.version": "7"},
        signals=iter(["traces"]),
    )

    assert [] == problems
    assert {"service.name": "shop", "service.version": "7"} == made.resource
    assert "https://collector:4318/otlp/v1/traces" == made.url("traces")
    assert ({"a": "b"}, 2) == (made.headers, made.timeout)
    assert {"traces"} == made.signals


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"service_name": ""}, "service_name='': is no name; write it as 'shop'"),
        (
            {"endpoint": "collector:4318"},
            "endpoint='collector:4318': is no URL of http or https; write it as 'http://coll",
        ),
        ({"endpoint": "http://"}, "endpoint='http://': is no URL of http or https; "),
        ({"endpoint": "http://a:b"}, "endpoint='http://a:b': is no URL of http or https; "),
        ({"endpoint": 4318}, "endpoint=4318: is no URL of http or https; "),
        (
            {"endpoint": "http://a:4318/v1/traces"},
            "endpoint='http://a:4318/v1/traces': is the place of one signal; write it as 'htt",
        ),
        ({"endpoint": "http://a:4318 "}, "endpoint='http://a:4318 ': is no URL of http or https; "),
        ({"endpoint": "http://a/#b"}, "endpoint='http://a/#b': is the place of one signal; "),
        ({"headers": {"key": "secret\n"}}, "headers='key': has no value of a header; leave out "),
        ({"headers": {"a b": "c"}}, "headers='a b': has no value of a header; "),
        ({"headers": {"key": "\u20ac"}}, "headers='key': has no value of a header; "),
        ({"headers": "a=b"}, "headers='a=b': is no mapping; write headers={'name': 'value'}"),
        ({"headers": {"a": 1}}, "headers=('a', 1): is no text; write headers={'name': 'value'}"),
        ({"resource": {"a": 1}}, "resource=('a', 1): is no text; "),
        ({"timeout": 0}, "timeout=0: is out of range; write at least 0.001"),
        ({"timeout": "5s"}, "timeout='5s': is no number; write seconds, as timeout=10"),
        ({"timeout": [5]}, "timeout=[5]: is no number; "),
        (
            {"signals": ["spans"]},
            "signals=['spans']: are no signals; there are: traces, metrics, logs",
        ),
        ({"signals": [1, "logs"]}, "signals=['1']: are no signals; there are: "),
        ({"signals": "traces"}, "signals='traces': a list is meant; write signals=['traces']"),
        ({"signals": 1}, "signals=1: is no list of signals; there are: traces, metrics, logs"),
        ({"signals": [["logs"]]}, "signals=[['logs']]: is no list of signals; there are: "),
    ],
)
def test_a_wrong_option_is_said(options: dict[str, Any], problem: str) -> None:
    """With the mend."""
    _, problems = compiled(**options)

    assert 1 == len(problems)
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("variables", "signals"),
    [
        ({"OTEL_SDK_DISABLED": "true"}, set()),
        ({"OTEL_SDK_DISABLED": " True "}, set()),
        ({"OTEL_SDK_DISABLED": "1"}, {"traces", "metrics", "logs"}),
        ({"OTEL_METRICS_EXPORTER": "none"}, {"traces", "logs"}),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "none"}, {"traces", "metrics"}),
    ],
)
def test_variables_switch_signals_off(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], signals: set[str]
) -> None:
    """As they do for the SDK; only ``true`` is true."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made, problems = compiled()

    assert [] == problems
    assert signals == made.signals


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OTEL_TRACES_EXPORTER", "console", "is not what this sends by; set it to otlp or none"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "is not the protocol that this speaks"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "is not the protocol that this speaks"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "is no URL of http or https; write"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a/v1/logs", "is the place of one signal; write"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "here", "is no URL of http or https; write it as"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "is no time; set it to seconds, as 10"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "nan", "is no time; set it to seconds, as 10"),
    ],
)
def test_a_variable_that_cannot_be_obeyed_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    """And not passed over."""
    monkeypatch.setenv(name, value)
    _, problems = compiled()

    assert 1 == len(problems)
    assert problems[0].startswith(f"{name}={value!r}: {problem}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://a/v1/logs?key=1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2.5"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
    ],
)
def test_a_variable_that_the_exporters_can_obey_is_theirs(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Of a time that is no number they say so in the log."""
    monkeypatch.setenv(name, value)

    assert [] == compiled()[1]


def test_what_is_given_wins_over_a_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads it then."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0")

    assert [] == compiled(endpoint="http://collector:4318", timeout=1)[1]


def test_the_protocol_of_a_signal_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the specification has it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")

    assert [] == compiled(signals=["traces"])[1]
    assert 1 == len(compiled(signals=["logs"])[1])

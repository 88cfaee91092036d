"""Whatever app and server do to each other: one span, no fault, nothing left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from asgi_mw.faults import Faults
from tests.middleware.tracing.conftest import Sdk
from tests.properties.programs import Run
from tests.properties.strategies import programs
from tests.tried import tried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.properties.programs import Program

EVERYTHING: dict[str, Any] = {
    "active_requests": True,
    "body_sizes": True,
    "time_to_first_byte": True,
    "capture_request_headers": ["x-a"],
    "capture_response_headers": ["x"],
    "metrics_exclude": ["text/event-stream"],
    "trusted_proxies": ["127.0.0.0/8", "unix"],
}


@pytest.fixture(scope="module")
def faults() -> Iterator[list[str]]:
    """Collect what our layers count as gone wrong inside them."""
    noted: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Faults, "note", lambda _, place, error: noted.append(f"{place}: {error!r}"))
        yield noted


@tried(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=programs())
def test_one_span_without_a_fault(
    faults: list[str], caplog: pytest.LogCaptureFixture, program: Program
) -> None:
    """Neither of ours nor of the SDK, which complains about spans that are used after their end."""
    sdk = Sdk(ALWAYS_ON)  # some of their callers do not sample
    run, bare = Run(program), Run(program)

    played = run.go(sdk.tracing(run.app, **EVERYTHING))

    assert bare.go(bare.app).end == played.end
    observed = program.serving.scope["type"] in {"http", "websocket"}
    assert len(sdk.spans) == (1 if observed else 0)
    # Odd baggage is told by its propagator, as it should be
    said = [one.getMessage() for one in caplog.records if "baggage" not in one.name]
    assert (faults, said) == ([], [])
    for name in ("http.server.active_requests", "asgi_mw.websocket.connections"):
        assert [point.value for point in sdk.points(name) if point.value] == []

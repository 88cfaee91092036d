"""Which call of the app a check gets."""

from __future__ import annotations

from asgi_mw.conformance.clock import Clock
from asgi_mw.conformance.http1 import NUMBER, numbers
from asgi_mw.conformance.kit import Kit
from asgi_mw.conformance.puppet import Stage
from asgi_mw.conformance.servers import PROBE, SERVERS
from tests.conformance.line import App


def test_a_late_call_is_not_taken_for_that_of_the_next_request() -> None:
    """Some servers call the app for a request whose check is over; one without a number is new."""
    clock = Clock(patience=2, quiet=0.1)
    stage = Stage(clock)
    kit = Kit(SERVERS["uvicorn-h11"], PROBE, stage, clock)
    late = next(numbers)
    with kit.checking():
        scopes = [
            {"type": "http", "path": path, "headers": [(NUMBER.title(), b"%d" % number)]}
            for path, number in (("/late", late), ("/now", next(numbers)))
        ]
        scopes.append({"type": "http", "path": "/raw", "headers": []})
        scopes.insert(1, {"type": "http", "method": "PRI", "path": "*", "headers": []})
        apps = [App(stage, scope) for scope in scopes]
        for app in apps[:2]:
            app.say(say="ended", how="returned")
        seen = [kit.app().scope["path"], kit.app().scope["path"], kit.app_or_none(0.1)]
        for app in apps:
            app.sock.close()
    stage.close()

    assert seen == ["/now", "/raw", None]

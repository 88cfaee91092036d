"""Good practice that no sentence asks for: off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.rule import Rule

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Profile

_ADVICE: Profile = "advice"

ADVICE = (
    Rule(
        id="advice.transfer-encoding",
        fault="app",
        profile=_ADVICE,
        sentence="You may send a Transfer-Encoding header in this message, but the server must "
        "ignore it.",
        source="www#response-start-send-event",
        why="It does nothing, and whoever reads the code believes that it does.",
        bad='await send({"type": "http.response.start", "status": 200, '
        '"headers": [(b"transfer-encoding", b"chunked")]})\n'
        'await send({"type": "http.response.body", "body": b"hi"})',
        good='await send({"type": "http.response.start", "status": 200})\n'
        'await send({"type": "http.response.body", "body": b"hi"})',
        severity="should",
    ),
    Rule(
        id="advice.lifespan.raised",
        fault="app",
        kind="lifespan",
        profile=_ADVICE,
        sentence="If you want to log an error that occurs during lifespan startup and prevent the "
        "server from starting, then send back lifespan.startup.failed instead.",
        source="lifespan#scope",
        why="The server takes the exception for an app without lifespan, and starts.",
        bad='await receive()\nraise OSError("no disk")',
        good="await receive()\n"
        'await send({"type": "lifespan.startup.failed", "message": "no disk"})',
        severity="should",
    ),
    Rule(
        id="advice.receive.at-once",
        fault="app",
        profile=_ADVICE,
        sentence="receive: an awaitable callable that will yield a new event dictionary when one "
        "is available.",
        source="asgi#applications",
        why="Nothing says who gets the message when two wait for one: servers differ.",
        bad="import anyio\nasync with anyio.create_task_group() as tasks:\n"
        "    tasks.start_soon(receive)\n    tasks.start_soon(receive)\n"
        'await send({"type": "http.response.start", "status": 200})\n'
        'await send({"type": "http.response.body", "body": b"hi"})',
        good="await receive()\n"
        'await send({"type": "http.response.start", "status": 200})\n'
        'await send({"type": "http.response.body", "body": b"hi"})',
        severity="should",
    ),
    Rule(
        id="advice.root-path",
        fault="server",
        profile=_ADVICE,
        sentence="root_path: the root path this application is mounted at; same as SCRIPT_NAME in "
        "WSGI.",
        source="www#http-connection-scope",
        why="Frameworks cut the one from the other: they answer 404, or make wrong addresses.",
        bad='scope["root_path"] = "/api"\nscope["path"] = "/items"',
        good='scope["root_path"] = "/api"\nscope["path"] = "/api/items"',
        severity="should",
        verdict="undecided",
        readings=(
            "The path is that of the request, and so it begins with the root path: uvicorn.",
            "The path is what follows the root path, as in WSGI: most other servers.",
        ),
        thread="https://github.com/django/asgiref/issues/229",
    ),
)

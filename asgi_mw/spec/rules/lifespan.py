"""The rules about the course of the lifespan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.rule import Rule

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Kind

_KIND: Kind = "lifespan"
_UP = 'await receive()\nawait send({"type": "lifespan.startup.complete"})'
_DOWN = 'await receive()\nawait send({"type": "lifespan.shutdown.complete"})'
_FAILED = 'await receive()\nawait send({"type": "lifespan.startup.failed", "message": "no disk"})'
_GOOD = f"{_UP}\n{_DOWN}"

LIFESPAN = (
    Rule(
        id="lifespan.startup.unasked",
        fault="app",
        kind=_KIND,
        sentence="Startup: sent to the application when the server is ready to startup.",
        source="lifespan#startup-receive-event",
        why="The server has not asked yet, and may not be ready to hear it.",
        bad='await send({"type": "lifespan.startup.complete"})\nawait receive()\nawait receive()',
        good=_GOOD,
    ),
    Rule(
        id="lifespan.startup.twice",
        fault="app",
        kind=_KIND,
        sentence="Startup Complete: sent by the application when it has completed its startup.",
        source="lifespan#startup-complete-send-event",
        why="It completes, or fails, once.",
        bad=f'{_UP}\nawait send({{"type": "lifespan.startup.failed"}})\n{_DOWN}',
        good=_GOOD,
    ),
    Rule(
        id="lifespan.startup.no-answer",
        fault="app",
        kind=_KIND,
        sentence="A server must wait for this message before it starts processing connections.",
        source="lifespan#startup-complete-send-event",
        why="The app returned without saying whether it is up: the server waits, or guesses.",
        bad="await receive()\nreturn",
        good=_FAILED,
    ),
    Rule(
        id="lifespan.shutdown.unasked",
        fault="app",
        kind=_KIND,
        sentence="Shutdown: sent to the application when the server has stopped accepting "
        "connections and closed all active connections.",
        source="lifespan#shutdown-receive-event",
        why="Requests are still coming.",
        bad=f'{_UP}\nawait send({{"type": "lifespan.shutdown.complete"}})\nawait receive()',
        good=_GOOD,
    ),
    Rule(
        id="lifespan.shutdown.twice",
        fault="app",
        kind=_KIND,
        sentence="Shutdown Complete: sent by the application when it has completed its cleanup.",
        source="lifespan#shutdown-complete-send-event",
        why="It completes, or fails, once.",
        bad=f'{_GOOD}\nawait send({{"type": "lifespan.shutdown.failed"}})',
        good=_GOOD,
    ),
    Rule(
        id="lifespan.shutdown.no-answer",
        fault="app",
        kind=_KIND,
        sentence="A server must wait for this message before terminating.",
        source="lifespan#shutdown-complete-send-event",
        why="The app returned without saying that it is done: the server waits, or guesses.",
        bad=f"{_UP}\nawait receive()\nreturn",
        good=_GOOD,
    ),
    Rule(
        id="lifespan.returned-early",
        fault="app",
        kind=_KIND,
        sentence="The lifespan scope exists for the duration of the event loop.",
        source="lifespan#scope",
        why="The app returned after its startup: it will not hear of the shutdown.",
        bad=f"{_UP}\nreturn",
        good=_GOOD,
        verdict="undecided",
        readings=(
            "An app that has nothing to clean up may return.",
            "The scope lasts as long as the event loop: the app has to wait for the shutdown.",
        ),
        thread="https://github.com/django/asgiref/issues/276",
    ),
    Rule(
        id="lifespan.raised-late",
        fault="app",
        kind=_KIND,
        sentence="If an exception is raised when calling the application callable with a "
        "lifespan.startup message or a scope of type lifespan, the server must continue.",
        source="lifespan#scope",
        why="After the startup was complete the text says nothing: all servers swallow it.",
        bad=f'{_UP}\nraise ValueError("no more")',
        good=_GOOD,
        verdict="undecided",
        readings=(
            "The app died: the server has to end.",
            "The server has to go on without the lifespan.",
        ),
        thread="https://github.com/django/asgiref/issues/276",
    ),
    Rule(
        id="lifespan.startup.given-twice",
        fault="server",
        kind=_KIND,
        sentence="Lifespans should be executed once per event loop that will be processing "
        "requests.",
        source="lifespan#lifespan-protocol",
        why="An app would open everything twice.",
        bad='messages[:] = [{"type": "lifespan.startup"}, {"type": "lifespan.startup"}]',
        good="",
        severity="should",
    ),
    Rule(
        id="lifespan.shutdown.before-startup",
        fault="server",
        kind=_KIND,
        sentence="A server must wait for startup.complete before it starts processing connections; "
        "Shutdown is sent when it has stopped accepting connections.",
        source="lifespan#shutdown-receive-event",
        why="An app takes what it receives first for the startup.",
        bad='messages[:] = [{"type": "lifespan.shutdown"}]',
        good="",
    ),
    Rule(
        id="lifespan.shutdown.after-failure",
        fault="server",
        kind=_KIND,
        sentence="Startup Failed: if a server sees this it should log/print the message provided "
        "and then exit.",
        source="lifespan#startup-failed-send-event",
        why="The app was never up: what it would close is not open.",
        bad="fails = True",
        good='fails = True\nmessages[:] = [{"type": "lifespan.startup"}]',
        severity="should",
    ),
    Rule(
        id="lifespan.shutdown.given-twice",
        fault="server",
        kind=_KIND,
        sentence="Shutdown: sent to the application when the server has stopped accepting "
        "connections and closed all active connections.",
        source="lifespan#shutdown-receive-event",
        why="An app would close everything twice.",
        bad='messages += [{"type": "lifespan.shutdown"}]',
        good="",
    ),
)

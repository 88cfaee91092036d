"""The rules about the course of an HTTP connection."""

from __future__ import annotations

from asgi_mw.spec.rule import Rule

_START = 'await send({"type": "http.response.start", "status": 200})'
_BODY = 'await send({"type": "http.response.body", "body": b"hi"})'
_MORE = 'await send({"type": "http.response.body", "body": b"hi", "more_body": True})'
_GOOD = f"{_START}\n{_BODY}"
_TRAILING = (
    'await send({"type": "http.response.start", "status": 200, "trailers": True, '
    '"headers": [(b"trailer", b"x-sum")]})'
)
_TRAILERS = 'await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]})'
_GOOD_TRAILERS = f"{_TRAILING}\n{_BODY}\n{_TRAILERS}"
_PUSH = 'await send({"type": "http.response.push", "path": "/a.css", "headers": []})'
_HINT = 'await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})'
_PATH = 'await send({"type": "http.response.pathsend", "path": "/etc/hosts"})'
_DEBUG = 'await send({"type": "http.response.debug", "info": {}})'
_ENDS = "#response-body-send-event"

HTTP = (
    Rule(
        id="http.start.twice",
        fault="app",
        sentence="Response Start: sent by the application to start sending a response to the "
        "client.",
        source="www#response-start-send-event",
        why="A response starts once. Servers raise, and the client gets what was sent until then.",
        bad=f"{_START}\n{_START}\n{_BODY}",
        good=_GOOD,
    ),
    Rule(
        id="http.body.before-start",
        fault="app",
        sentence="Response Body: continues sending a response to the client.",
        source=f"www{_ENDS}",
        why="There is no response to continue: servers raise.",
        bad=f"{_BODY}\n{_GOOD}",
        good=_GOOD,
    ),
    Rule(
        id="http.no-body",
        fault="app",
        sentence="Response Start needs to be followed by at least one response content message.",
        source="www#response-start-send-event",
        why="Servers wait with the start for the first body: the client may get nothing at all.",
        bad=_START,
        good=_GOOD,
    ),
    Rule(
        id="http.unfinished",
        fault="app",
        sentence="If more_body is set to False this will complete the response.",
        source=f"www{_ENDS}",
        why="The app returned, and nothing completed the response: the client gets a broken one.",
        bad=f"{_START}\n{_MORE}",
        good=f"{_START}\n{_MORE}\nawait send({{'type': 'http.response.body'}})",
    ),
    Rule(
        id="http.no-response",
        fault="app",
        sentence="The connection scope will last until the end of that specific request.",
        source="www#http-connection-scope",
        why="The app returned without any response: servers answer 500, or leave the client "
        "waiting.",
        bad="return",
        good=_GOOD,
    ),
    Rule(
        id="http.raised-after-start",
        fault="app",
        sentence="Servers must terminate the application instance and its associated connection.",
        source="asgi#error-handling",
        why="The client has a status, and not the whole body.",
        bad=f'{_START}\n{_MORE}\nraise ValueError("half-way")',
        good=_GOOD,
        verdict="undecided",
        readings=(
            "An app may raise at any time: it is the server that ends the connection.",
            "A response that was started has to be completed.",
        ),
        thread="https://github.com/django/asgiref/issues/47",
    ),
    Rule(
        id="http.sent-after-end",
        fault="app",
        sentence="The response will be taken as complete and closed, and any further messages on "
        "the channel will be ignored.",
        source=f"www{_ENDS}",
        why="What is sent is lost. Some servers ignore it, others raise.",
        bad=f"{_GOOD}\n{_BODY}",
        good=_GOOD,
        verdict="undecided",
        readings=(
            "It is ignored, and so nothing forbids it.",
            "The response is closed: to send more is a mistake, and a server may raise.",
        ),
        thread="https://github.com/django/asgiref/issues/441",
    ),
    Rule(
        id="http.trailers.missing",
        fault="app",
        sentence="If trailers is True, the server must wait until it receives a "
        "http.response.trailers message after the Response Body event.",
        source="www#response-start-send-event",
        why="They were announced: the server waits, and the client does.",
        bad=f"{_TRAILING}\n{_BODY}",
        good=_GOOD_TRAILERS,
    ),
    Rule(
        id="http.trailers.unannounced",
        fault="app",
        sentence="An ASGI framework interested in sending trailing headers to the client, must set "
        "the field trailers in Response Start as True.",
        source="extensions#http-trailers",
        why="Without it the response is over with its body, and the trailers are lost.",
        bad=f"{_GOOD}\n{_TRAILERS}",
        good=_GOOD_TRAILERS,
    ),
    Rule(
        id="http.trailers.before-end",
        fault="app",
        sentence="After the last http.response.body message the ASGI framework will send a "
        "http.response.trailers message.",
        source="extensions#http-trailers",
        why="Trailers end a response: they cannot come before its body.",
        bad=f"{_TRAILING}\n{_TRAILERS}\n{_BODY}\n{_TRAILERS}",
        good=_GOOD_TRAILERS,
    ),
    Rule(
        id="http.trailers.header",
        fault="app",
        sentence="The ASGI framework is in charge of sending the Trailer headers to let the client "
        "know which trailing headers the server will send.",
        source="extensions#http-trailers",
        why="A client that does not expect them may drop them.",
        bad=_GOOD_TRAILERS.replace('"headers": [(b"trailer", b"x-sum")]', '"headers": []'),
        good=_GOOD_TRAILERS,
        severity="should",
    ),
    Rule(
        id="http.push.before-start",
        fault="app",
        sentence="This message can be sent at any time after the Response Start message but before "
        "the final Response Body message.",
        source="extensions#http-2-server-push",
        why="A push belongs to a response.",
        bad=f"{_PUSH}\n{_GOOD}",
        good=f"{_START}\n{_PUSH}\n{_BODY}",
    ),
    Rule(
        id="http.push.after-end",
        fault="app",
        sentence="This message can be sent at any time after the Response Start message but before "
        "the final Response Body message.",
        source="extensions#http-2-server-push",
        why="The body is over, and the stream may be closed.",
        bad=f"{_TRAILING}\n{_BODY}\n{_PUSH}\n{_TRAILERS}",
        good=f"{_TRAILING}\n{_PUSH}\n{_BODY}\n{_TRAILERS}",
    ),
    Rule(
        id="http.early-hint.before-start",
        fault="app",
        sentence="This message can be sent at any time (and multiple times) after the Response "
        "Start message but before the final Response Body message.",
        source="extensions#early-hints",
        why="HTTP sends 103 before the final status. The text was changed in August 2026 to say "
        "so.",
        bad=f"{_HINT}\n{_GOOD}",
        good=f"{_START}\n{_HINT}\n{_BODY}",
        verdict="undecided",
        readings=(
            "After the start, as the text said until August 2026, and h2corn wants it.",
            "Before the start, as the text says since then, and uvicorn and hypercorn want it.",
        ),
        thread="https://github.com/django/asgiref/pull/579",
    ),
    Rule(
        id="http.early-hint.after-end",
        fault="app",
        sentence="This message can be sent at any time (and multiple times) before the final "
        "Response Body message.",
        source="extensions#early-hints",
        why="The body is over: a hint is of no use any more.",
        bad=f"{_TRAILING}\n{_BODY}\n{_HINT}\n{_TRAILERS}",
        good=f"{_TRAILING}\n{_HINT}\n{_BODY}\n{_TRAILERS}",
    ),
    Rule(
        id="http.pathsend.mixed",
        fault="app",
        sentence="Path Send cannot be mixed with http.response.body. It can be called just one "
        "time in one response.",
        source="extensions#path-send",
        why="The server sends the file as the whole body.",
        bad=f"{_START}\n{_MORE}\n{_PATH}",
        good=f"{_START}\n{_PATH}",
    ),
    Rule(
        id="http.pathsend.relative",
        fault="app",
        sentence="path: the string representation of the absolute file path to be sent.",
        source="extensions#path-send",
        why="The server may run in another folder.",
        bad=f"{_START}\n{_PATH}".replace("/etc/hosts", "hosts"),
        good=f"{_START}\n{_PATH}",
    ),
    Rule(
        id="http.debug.twice",
        fault="app",
        sentence="This message must be sent once, before the Response Start message.",
        source="extensions#debug",
        why="A test would see one of them.",
        bad=f"{_DEBUG}\n{_DEBUG}\n{_GOOD}",
        good=f"{_DEBUG}\n{_GOOD}",
    ),
    Rule(
        id="http.debug.after-start",
        fault="app",
        sentence="This message must be sent once, before the Response Start message.",
        source="extensions#debug",
        why="A test client has handed the response on by then.",
        bad=f"{_START}\n{_DEBUG}\n{_BODY}",
        good=f"{_DEBUG}\n{_GOOD}",
    ),
    Rule(
        id="http.request.after-end",
        fault="server",
        sentence="If more_body is False, the request is complete and should be processed.",
        source="www#request-receive-event",
        why="An app has taken the body for whole.",
        bad='messages += [{"type": "http.request", "body": b"more"}]',
        good='messages[:] = [{"type": "http.request", "body": b"a", "more_body": True}, '
        '{"type": "http.request", "body": b"b"}]',
    ),
    Rule(
        id="http.request.after-disconnect",
        fault="server",
        sentence="Disconnect: sent to the application if receive is called after a response has "
        "been sent or after the HTTP connection has been closed.",
        source="www#disconnect-receive-event",
        why="Who is gone sends nothing more.",
        bad='messages[:] = [{"type": "http.disconnect"}, {"type": "http.request"}]',
        good='messages += [{"type": "http.disconnect"}]',
    ),
)

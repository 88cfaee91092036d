"""The rules about messages of every protocol."""

from __future__ import annotations

from asgi_mw.spec.rule import Rule

_START = 'await send({"type": "http.response.start", "status": 200'
_BODY = '\nawait send({"type": "http.response.body", "body": b"hi"})'
_GOOD = _START + "})" + _BODY

MESSAGES = (
    Rule(
        id="message.dict",
        fault="app",
        sentence="send: an awaitable callable taking a single event dictionary.",
        source="asgi#applications",
        why="Servers read it as a dict, and middleware copies it as one.",
        bad='await send([("type", "http.response.start")])\n' + _GOOD,
        good=_GOOD,
    ),
    Rule(
        id="message.type",
        fault="app",
        sentence="Each event is a dict with a top-level type key that contains a Unicode string.",
        source="asgi#events",
        why="Without it nobody knows what the message is.",
        bad='await send({"status": 200})\n' + _GOOD,
        good=_GOOD,
    ),
    Rule(
        id="message.unknown",
        fault="app",
        sentence="If a server receives an invalid event dictionary, for example having an unknown "
        "type, it should raise an exception out of the send awaitable.",
        source="asgi#error-handling",
        why="The server raises, or drops it: what was meant does not happen.",
        bad='await send({"type": "http.response.begin"})\n' + _GOOD,
        good=_GOOD,
    ),
    Rule(
        id="message.protocol",
        fault="app",
        kind="websocket",
        sentence="The type should be namespaced as protocol.message_type, where the protocol "
        "matches the scope type.",
        source="asgi#protocol-specifications",
        why="A server refuses what belongs to another protocol.",
        bad='await receive()\nawait send({"type": "http.response.start", "status": 403})\n'
        'await send({"type": "websocket.close"})',
        good='await receive()\nawait send({"type": "websocket.close"})',
        severity="should",
    ),
    Rule(
        id="message.values",
        fault="app",
        sentence="Messages are only allowed to contain byte strings, Unicode strings, integers "
        "(signed 64-bit), floats (no NaN or infinities), lists, dicts, booleans and None.",
        source="asgi#events",
        why="They could be sent over a network, and so have to be serializable.",
        bad=_START + ', "cost": float("nan")})' + _BODY,
        good=_START + ', "cost": 1.5})' + _BODY,
    ),
    Rule(
        id="message.extension",
        fault="app",
        sentence="If the server supports an extension, it should place an entry into the "
        "extensions dictionary under the extension's name. If an application sees this it then "
        "knows it can send the custom event.",
        source="asgi#extensions",
        why="A server that does not offer it raises out of send.",
        bad='scope["extensions"].clear()\n'
        + _START
        + '})\nawait send({"type": "http.response.pathsend", "path": "/etc/hosts"})',
        good=_START + '})\nawait send({"type": "http.response.pathsend", "path": "/etc/hosts"})',
    ),
    Rule(
        id="message.version",
        fault="app",
        kind="websocket",
        sentence='If a server tells you it only supports version "2.0" of this spec, then sending '
        "headers with a WebSocket Accept message is an error, for example.",
        source="www#spec-versions",
        why="An older server raises, or leaves it out.",
        bad='scope["asgi"]["spec_version"] = "2.0"\nawait receive()\n'
        'await send({"type": "websocket.accept", "headers": [(b"x", b"1")]})\n'
        'await send({"type": "websocket.close"})',
        good="await receive()\n"
        'await send({"type": "websocket.accept", "headers": [(b"x", b"1")]})\n'
        'await send({"type": "websocket.close"})',
    ),
    Rule(
        id="message.headers.lower-case",
        fault="app",
        sentence="Header names must be lowercased.",
        source="www#response-start-send-event",
        why="HTTP/2 knows no others. Servers of HTTP/1.1 let them pass, which hides it.",
        bad=_START + ', "headers": [(b"X-Id", b"1")]})' + _BODY,
        good=_START + ', "headers": [(b"x-id", b"1")]})' + _BODY,
    ),
    Rule(
        id="message.headers.pseudo",
        fault="app",
        sentence="Pseudo headers (present in HTTP/2 and HTTP/3) must not be present.",
        source="www#response-start-send-event",
        why="They are the server's: the status has a key of its own.",
        bad=_START + ', "headers": [(b":status", b"200")]})' + _BODY,
        good=_START + ', "headers": []})' + _BODY,
    ),
    Rule(
        id="message.after-return",
        fault="app",
        sentence="Each call of the application callable maps to a single incoming socket or "
        "connection, and is expected to last the lifetime of that connection plus a little longer.",
        source="asgi#overview",
        why="What a task sends that outlives the call may reach nobody, or the next connection.",
        bad="import asyncio\nasync def later():\n    await asyncio.sleep(0.01)\n"
        '    await send({"type": "http.response.body"})\n'
        "late = asyncio.create_task(later())\n" + _GOOD,
        good="import asyncio\nasync def later():\n    await asyncio.sleep(0.01)\n"
        "late = asyncio.create_task(later())\n" + _GOOD,
        verdict="undecided",
        readings=(
            "Nothing says where send may be called from: a task may outlive the call.",
            "The connection is over with the call: what comes later is lost.",
        ),
        thread="https://github.com/django/asgiref/issues/436",
    ),
    Rule(
        id="received.dict",
        fault="server",
        sentence="receive: an awaitable callable that will yield a new event dictionary.",
        source="asgi#applications",
        why="Apps read it as a dict, and middleware copies it as one.",
        bad='messages[:] = [[("type", "http.request")]]',
        good="",
    ),
    Rule(
        id="received.type",
        fault="server",
        sentence="Each event is a dict with a top-level type key that contains a Unicode string.",
        source="asgi#events",
        why="Without it no app knows what the message is.",
        bad='messages[:] = [{"body": b""}]',
        good="",
    ),
    Rule(
        id="received.unknown",
        fault="server",
        sentence="Both the scope and the format of the event messages you send and receive are "
        "defined by one of the application protocols.",
        source="asgi#applications",
        why="If an application receives an invalid event, it should raise an exception.",
        bad='messages[:] = [{"type": "websocket.connect"}]',
        good='messages[:] = [{"type": "http.request"}]',
    ),
    Rule(
        id="received.values",
        fault="server",
        sentence="Messages are only allowed to contain byte strings, Unicode strings, integers "
        "(signed 64-bit), floats (no NaN or infinities), lists, dicts, booleans and None.",
        source="asgi#events",
        why="They could be sent over a network, and so have to be serializable.",
        bad='messages[:] = [{"type": "http.request", "sent": object()}]',
        good='messages[:] = [{"type": "http.request", "sent": 1.5}]',
    ),
    Rule(
        id="send.gone",
        fault="server",
        sentence="If send() is called on a closed connection the server should raise a "
        "server-specific subclass of OSError.",
        source="www#disconnected-client-send-exception",
        why="An app that streams goes on for nobody.",
        bad='messages += [{"type": "http.disconnect"}]\n'
        'scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}',
        good='messages += [{"type": "http.disconnect"}]\n'
        'scope["asgi"] = {"version": "3.0", "spec_version": "2.3"}',
        severity="should",
    ),
    Rule(
        id="send.gone.kind",
        fault="server",
        sentence="If send() is called on a closed connection the server should raise a "
        "server-specific subclass of OSError.",
        source="www#disconnected-client-send-exception",
        why="An app that catches OSError does not catch this.",
        bad='messages += [{"type": "http.disconnect"}]\n'
        'scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}\nraises = RuntimeError("gone")',
        good='messages += [{"type": "http.disconnect"}]\n'
        'scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}\nraises = OSError("gone")',
        severity="should",
    ),
)

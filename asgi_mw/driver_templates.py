"""The pieces of source that make up the function that serves a run of parts."""

from __future__ import annotations

DRIVEN = """\
async def driven(scope, receive, send):
    kind = scope["type"]
    if kind != "http" and kind != "websocket":
        await (lifespan if kind == "lifespan" else app)(scope, receive, send)
        return
    connection = scope.get(KEY)
    outermost = connection.__class__ is not Connection or not connection.serves(scope)
    if outermost:
        connection = Connection(scope)
    else:
        connection.copy(scope)
    <arrives>
    token = current.set(connection)
    <progress>
    <expects>
    now = clock()
    <begins>
    <follows>

    <sends>
        kind = message.get("type")
        <kinds>
        <starts>
        <trailers>
        <leaves>
        <send>

    <receive>
    error = None
    try:
        <call>
    except BaseException as raised:
        error = raised
        raise
    finally:
        <left>
        <ends>
        reset(current, token)
        <departs>
        if outermost:
            connection.leave()
        error = None
"""
ARRIVE = """\
visit = leaving = None
if not connection.entered and asked:
    connection.entered = True
    visit = arrive()
    if kind == "http":  # no request follows a WebSocket
        leaving = visit
"""
# Where a server may begin the next request in a copy of this context
LEAVE = """\
if leaving is not None and kind != "http.response.start" and not message.get("more_body"):
    leave(leaving)
"""
DEPART = """\
if visit is not None:
    depart(visit, error)
"""
BEGIN = """\
try:  # {name}
    state_{at} = begin_{at}(connection, progress, now)
except Exception as fault:
    state_{at} = faults_{at}.note("begin", fault)
"""
CALL = """\
if state_{at} is not None:  # {name}
    try:
        {does}_{at}(state_{at}{given})
    except Exception as fault:
        faults_{at}.note("{does}", fault)
"""
# One moment for all parts, whatever the first of them does with its time
LEFT = """\
if progress.ended is None:
    progress.left = clock()
"""
CALL_APP = """\
if {anybody}:
    await app(connection.scope, {receive}, send_driven)
else:
    <watched>
    await app(connection.pass_on(), receive, send)
"""
WATCHED = """\
if leaving is not None:
    receive, send = watched(leaving, receive, send)
"""
HEADERS = """\
    given = message.get("headers", ())
    if given.__class__ is list and given and given[0].__class__ is tuple:
        headers = given.copy()
    else:
        message, given, headers = settled(message)
    if headers is not None:
        now = clock()
        <hooks>
        if headers != given:
            message = {**message, "headers": headers}
"""
START = "if starts:\n" + HEADERS
TRAILERS = 'if kind == "http.response.trailers" and not message.get("more_trailers"):\n' + HEADERS
FOLLOWED = """\
if not follows:
    await send(message)
    return
ends = False
at = clock()
<waits>
try:
    size = 0 if starts else payload_size(message)
    ends = progress.sending(message, size, at)
    if not connection.begun and (ends or starts):
        connection.begun = True
        if starts and ((progress.status or 0) >= 500 or connection.swallowed):
            connection.answers(progress.status or 0)
    <passed>
except Exception as fault:
    faults.note("send", fault)
try:
    await send(message)
except BaseException as lost:
    progress.failed(lost, clock(), ends=ends)
    raise
<waited>
if ends:
    progress.over(clock())
    <overs>
"""
# The entry is missing for two calls of one moment, or after the app returned; `pop` is half as fast
WAITED = """\
finally:
    try:
        del waits[at]
    except KeyError:
        pass
"""
RECEIVE_WAITED = """\
at = clock()
waits = progress.waits
waits[at] = "receive"
try:
    message = await receive()
finally:
    try:
        del waits[at]
    except KeyError:
        pass
"""
SENT = """\
if kind == "websocket.send":
    <hooks>
"""
RECEIVE = """\
async def receive_driven():
    <leaves>
    <receives>
    try:
        progress.received(message, payload_size(message), clock())
        <expects>
        <passed>
    except Exception as fault:
        faults.note("receive", fault)
    return message

"""
RECEIVE_ONLY = """\
def receive_driven():
    <leaves>
    return receive()

"""
RECEIVED = """\
if message.get("type") == "websocket.receive":
    <hooks>
"""

"""The app of bareASGI."""

from __future__ import annotations

from bareasgi import (
    Application,
    HttpRequest,
    HttpResponse,
    LifespanRequest,
    WebSocketRequest,
    text_reader,
)

from tests.matrix import apps

app = Application()
_TEXT = [(b"content-type", b"text/plain")]
_EVENTS = [(b"content-type", b"text/event-stream")]


@app.on_startup
async def startup(request: LifespanRequest) -> None:
    apps.witness("startup")
    request.info["value"] = "started"


@app.on_shutdown
async def shutdown(request: LifespanRequest) -> None:
    apps.witness("shutdown")


@app.on_http_request({"GET", "HEAD"}, "/hello")
async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_text("hello")


@app.on_http_request({"GET"}, "/users/{name}")
async def users(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_json({"name": request.matches["name"]})


@app.on_http_request({"POST"}, "/echo")
async def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_text(await text_reader(request.body))


@app.on_http_request({"GET"}, "/stream")
async def stream(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, apps.parts())


@app.on_http_request({"GET"}, "/events")
async def events(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _EVENTS, apps.events())


@app.on_http_request({"GET"}, "/poll")
async def poll(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_json({"heard": await apps.heard()})


@app.on_http_request({"POST"}, "/publish")
async def publish(request: HttpRequest) -> HttpResponse:
    apps.publish(await text_reader(request.body))
    return HttpResponse.from_text("published")


@app.on_http_request({"GET"}, "/background")
async def background(request: HttpRequest) -> HttpResponse:
    apps.begin_later()
    return HttpResponse.from_json({"later": True})


@app.on_http_request({"GET"}, "/state")
async def state(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_json({"state": request.info.get("value")})


@app.on_http_request({"GET"}, "/handled")
async def handled(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_json({"error": "on purpose"}, status=409)


@app.on_http_request({"GET"}, "/fail")
async def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


@app.on_http_request({"GET"}, "/long")
async def for_long(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, apps.long())


@app.on_http_request({"GET"}, "/hold")
async def for_hold(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, apps.hold())


@app.on_http_request({"GET"}, "/half")
async def for_half(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, apps.half())


@app.on_ws_request("/talk")
async def talk(request: WebSocketRequest) -> None:
    socket = request.web_socket
    await socket.accept()
    while (message := await socket.receive()) is not None:
        if message == "bye":
            await socket.close(4000)
            return
        await socket.send(message)


@app.on_ws_request("/refuse")
async def refuse(request: WebSocketRequest) -> None:
    await request.web_socket.close(4003)

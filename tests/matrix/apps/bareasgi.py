"""The hello app of bareASGI."""

from __future__ import annotations

from bareasgi import Application, HttpRequest, HttpResponse, WebSocketRequest, text_reader

from tests.matrix.apps import half, long, parts

app = Application()
_TEXT = [(b"content-type", b"text/plain")]


@app.on_http_request({"GET", "HEAD"}, "/hello")
async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_text("hello")


@app.on_http_request({"POST"}, "/echo")
async def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse.from_text(await text_reader(request.body))


@app.on_http_request({"GET"}, "/stream")
async def stream(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, parts())


@app.on_http_request({"GET"}, "/long")
async def for_long(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, long())


@app.on_http_request({"GET"}, "/half")
async def for_half(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _TEXT, half())


@app.on_http_request({"GET"}, "/fail")
async def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


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

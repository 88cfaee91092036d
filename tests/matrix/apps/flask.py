"""The app of Flask, for an adapter of WSGI."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, abort, request

from tests.matrix import apps

flask = Flask(__name__)
inside = Blueprint("inside", __name__, url_prefix="/mounted")


@flask.get("/users/<name>")
def users(name: str) -> dict[str, str]:
    return {"name": name}


@inside.get("/items/<item>")
def items(item: str) -> dict[str, str]:
    return {"item": item}


@flask.post("/echo")
def echo() -> Any:
    return Response(request.get_data(), mimetype="text/plain")


@flask.get("/stream")
def stream() -> Any:
    return Response(apps.parts_in_thread(), mimetype="text/plain")


@flask.get("/events")
def events() -> Any:
    return Response(apps.events_in_thread(), mimetype="text/event-stream")


@flask.get("/poll")
def poll() -> dict[str, str]:
    return {"heard": apps.heard_in_thread()}


@flask.post("/publish")
def publish() -> str:
    apps.publish(request.get_data().decode())
    return "published"


@flask.get("/background")
def background() -> Any:
    response = Response('{"later": true}', mimetype="application/json")
    response.call_on_close(apps.later_in_thread)
    return response


@flask.get("/state")
def state() -> dict[str, str]:
    return {"state": "none"}


@flask.get("/handled")
def handled() -> str:
    abort(409)


@flask.get("/fail")
def fail() -> str:
    raise RuntimeError("on purpose")


@flask.get("/long")
def for_long() -> Any:
    return Response(apps.long_in_thread(), mimetype="text/plain")


@flask.get("/hold")
def for_hold() -> Any:
    return Response(apps.hold_in_thread(), mimetype="text/plain")


flask.register_blueprint(inside)

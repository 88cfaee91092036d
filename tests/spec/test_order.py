from __future__ import annotations

from enum import Enum

from asgi_mw.spec.order import Order, Step, breaks, kind_of, within

_ORDER = Order(
    "shut",
    within("door.", {"shut": {"open": "open", **breaks("shut", "twice", "shut slam")}}),
    {"open": "late"},
)


def test_a_step_leads_on_or_breaks_a_rule() -> None:
    assert _ORDER.step("shut", "door.open") == ("open", "")
    assert _ORDER.step("shut", "door.slam") == ("shut", "twice")


def test_what_has_no_step_stays_and_breaks_what_the_state_says() -> None:
    assert _ORDER.step("open", "door.open") == ("open", "late")
    assert _ORDER.step("shut", "door.paint") == Step("shut")
    assert _ORDER.then("over").step("over", "door.open") == ("over", "over")


def test_a_type_says_whether_more_follows() -> None:
    """Only where that is a key of it."""
    assert kind_of({"type": "http.response.body", "more_body": True}) == "http.response.body+"
    assert kind_of({"type": "http.response.trailers", "more_trailers": 1}).endswith("+")
    assert kind_of({"type": "http.response.body", "more_trailers": True}) == "http.response.body"
    assert kind_of({"type": "websocket.send", "more_body": True}) == "websocket.send"


def test_a_type_from_an_enum_is_its_text() -> None:
    class Kind(str, Enum):  # noqa: UP042  # frameworks write it so
        BODY = "http.response.body"

    assert kind_of({"type": Kind.BODY}) == "http.response.body"

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from asgi_mw.spec import RULES, orders
from asgi_mw.spec.endings import UNFINISHED
from asgi_mw.spec.tables import RECEIVED, SENT

if TYPE_CHECKING:
    from asgi_mw.spec.order import Order

SENDS = {
    "http": orders.HTTP_SENT,
    "websocket": orders.WEBSOCKET_SENT,
    "lifespan": orders.LIFESPAN_SENT,
}
RECEIVES = {
    "http": orders.HTTP_RECEIVED,
    "websocket": orders.WEBSOCKET_RECEIVED,
    "lifespan": orders.LIFESPAN_RECEIVED,
}
EVERY = [*SENDS.values(), *RECEIVES.values()]
# Stand for the end of a body, behind which trailers may come
_BETWEEN = {"ended", "filed"}


def _states(order: Order) -> set[str]:
    return {state for state, _ in order.steps}


@pytest.mark.parametrize("order", EVERY)
def test_the_rules_that_an_order_names_are_there(order: Order) -> None:
    named = {step.rule for step in order.steps.values()} | {*order.otherwise.values()}
    assert named - {""} <= set(RULES)


@pytest.mark.parametrize("order", EVERY)
def test_a_message_that_breaks_a_rule_does_not_lead_on(order: Order) -> None:
    """But where a server or the text goes on in spite of it."""
    leads = {
        (state, kind)
        for (state, kind), step in order.steps.items()
        if step.rule and step.state != state
    }
    assert leads <= {
        ("streaming", "http.response.pathsend"),
        ("new", "websocket.disconnect"),
        ("idle", "lifespan.shutdown"),
        ("starting", "lifespan.shutdown"),
    }


@pytest.mark.parametrize("protocol", SENDS)
def test_every_state_can_be_reached_from_the_first(protocol: str) -> None:
    sends, receives = SENDS[protocol], RECEIVES[protocol]
    shared = protocol == "lifespan"
    for order in [sends, receives] if not shared else [sends]:
        steps = chain(order.steps.items(), receives.steps.items() if shared else ())
        edges = [(state, step.state) for (state, _), step in steps]
        found = {order.first}
        for _ in range(len(edges)):
            found |= {after for before, after in edges if before in found}
            found |= {"trailing", "done"} if found & _BETWEEN else set()
        assert _states(order) <= found


def test_every_type_has_its_place() -> None:
    """And no other has one."""
    sent = {kind.rstrip("+") for order in SENDS.values() for _, kind in order.steps}
    received = {kind.rstrip("+") for order in RECEIVES.values() for _, kind in order.steps}
    assert (sent, received) == (set(SENT), set(RECEIVED))


def test_what_is_missing_at_the_end_is_of_a_state_that_there_is() -> None:
    for (protocol, state), (rule, said) in UNFINISHED.items():
        assert state in _states(SENDS[protocol])
        assert rule in RULES and said.startswith("the app returned")

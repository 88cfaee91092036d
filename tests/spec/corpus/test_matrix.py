from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.spec import orders
from tests.spec.corpus.cases import scope_of
from tests.spec.corpus.matrix import CELLS
from tests.spec.corpus.traffic import Step, Traffic, live

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Profile
    from tests.spec.corpus.matrix import Cell

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("cell", CELLS, ids=[cell.name for cell in CELLS])
async def test_a_message_in_a_state_breaks_that_rule_and_no_other(cell: Cell) -> None:
    """With the rules of HTTP nothing is let through at once."""
    said = [*cell.before, (cell.side, cell.message)]
    steps = [Step("send" if side == "send" else "receive", dict(one)) for side, one in said]
    profiles: tuple[Profile, ...] = ("spec", "http")
    for profile in profiles:
        found = await live(Traffic(scope_of(cell.protocol), steps), profile)
        # A message before the connect is one before the accept, too
        here = [one.rule.id for one in found if one.at == len(cell.before)]
        assert here[-1:] == ([cell.rule] if cell.rule else [])
        assert here[:-1] == (["websocket.receive.before-accept"] if len(here) == 2 else [])
        assert not [one for one in found if one.at is not None and one.at < len(cell.before)]


def test_the_table_has_every_step() -> None:
    """As many as there are in the orders, and more: some states are reached in two ways."""
    every = [
        getattr(orders, name) for name in vars(orders) if name.endswith(("_SENT", "_RECEIVED"))
    ]
    assert len(CELLS) >= sum(len(order.steps) for order in every)

"""The price of ``validate``, beside asgion's inspector."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from asgi_mw import validate
from tests.bench.report import Row
from tests.bench.rounds import added
from tests.bench.traffic import echo, echo_round, get_round, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App

_REQUESTS, _TEXTS = 100, 200


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred requests, or of one WebSocket, each."""
    layered: dict[str, App] = {"validate": validate(two_messages, on_violation=_never)}
    if find_spec("asgion"):
        layered["asgion"] = import_module("asgion").Inspector(two_messages)
    found = await added(partial(get_round, count=_REQUESTS), two_messages, layered, rounds=rounds)
    parts = {f"{name} [us]": round(spread.median / 1e3, 2) for name, spread in found.items()}
    ours = found["validate"].median
    if "asgion" in found:
        ratio = ours / found["asgion"].median
        get = Row("validate, GET", ratio, "x", 1 / 8, parts=parts)
    else:
        get = Row("validate, GET", ours / 1e3, "us", parts=parts, note="asgion needs Python 3.12")
    texts = await added(
        partial(echo_round, count=_TEXTS),
        echo,
        {"validate": validate(echo, on_violation=_never)},
        rounds=rounds // 2,
    )
    return [get, Row("validate, WebSocket event", texts["validate"].median, "ns", 600)]


def _never(finding: object) -> None:
    message = f"the bench breaks a rule: {finding}"
    raise AssertionError(message)

"""Clients of real servers that stop reading, or leave, cost neither time nor memory of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.servers import running
from tests.live.stalling import CLIENTS, facts, over, stalled

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = 3200  # of 64 KiB: 200 MiB for each client
KIB = 1024
# What the layer may hold of a response, and what the server holds of it by itself
HELD = 256 * KIB + 192 * KIB
# The state of the coding, with its window: of a stream, and of a body of known length
STATE = {
    "stream": dict.fromkeys(("zstd", "br", "gzip"), 64 * KIB),
    "known": dict.fromkeys(("zstd", "br", "gzip"), 512 * KIB),
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve the streams with uvicorn, which tells an app nothing by its ``send``."""
    with running("uvicorn-httptools", "tests.live.stalling_app:app") as port:
        yield port
        facts(port, "/stop")


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_nothing_is_compressed_for_clients_that_left(port: int, coding: str) -> None:
    """Nobody gets the next 190 MiB, so nobody makes them, and the next request is answered."""
    with stalled(port, f"/compression/streaming/{PIECES}", coding) as before:
        assert CLIENTS == before["running"]
    after = facts(port)
    last = over(port)

    # Of some 31,000 that would be left
    assert after["produced"] - before["produced"] < 100 * CLIENTS
    assert last["produced"] - before["produced"] < 100 * CLIENTS


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_others_are_answered_while_a_producer_listens_to_nobody(port: int, coding: str) -> None:
    """Servers do not tell it that the client left: it awaits ``send`` alone, which does nothing."""
    with stalled(port, f"/compression/raw/{PIECES}", coding) as before:
        assert CLIENTS == before["running"]
    after = facts(port)  # comes in between
    facts(port, "/stop")

    assert CLIENTS == after["running"]
    over(port)


@pytest.mark.parametrize("how", STATE)
@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_what_stalled_clients_take_of_memory_is_bounded(port: int, coding: str, how: str) -> None:
    """They do not leave; each of them asked for 200 MiB."""
    path = f"/compression/{how}/{PIECES}"
    with stalled(port, path, coding, clients=1):
        pass  # what is made once is there by then
    facts(port, "/stop")
    before = over(port)

    with stalled(port, path, coding) as now:
        assert CLIENTS == now["running"]
    facts(port, "/stop")
    over(port)

    assert now["resident"] - before["resident"] <= CLIENTS * (HELD + STATE[how][coding])

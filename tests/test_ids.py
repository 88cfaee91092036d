"""Ids are UUIDv7s that sort by the time they were made."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from time import time_ns
from typing import TYPE_CHECKING

import pytest

from asgi_mw import ids
from asgi_mw.ids import draw, id_at, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest import MonkeyPatch  # noqa: PT013  # a type only


@pytest.fixture(autouse=True)
def _last_stamp() -> Iterator[None]:
    """Let no test leave a stamp of the future behind."""
    before = ids._last
    yield
    ids._last = before


def test_an_id_is_a_uuid_of_version_7() -> None:
    """32 hex digits; version and variant stand where RFC 9562 wants them."""
    made = uuid.UUID(hex=new_id())

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert new_id().islower() or new_id().isdigit()


def test_its_first_48_bits_are_the_milliseconds() -> None:
    """So any tool can read the time from it."""
    before = time_ns() // 1_000_000
    made = int(new_id()[:12], 16)

    assert before <= made <= time_ns() // 1_000_000 + 1


@pytest.mark.parametrize("at", [0, 1, 999_999, 1_000_000, 1_700_000_000_123_456_789])
def test_an_id_can_stand_for_any_moment(at: int) -> None:
    """Milliseconds and their fraction in 4096ths."""
    made = id_at(at, 1)
    milliseconds, fraction = int(made[:12], 16), int(made[13:16], 16)

    assert milliseconds == at // 1_000_000
    assert fraction == (at % 1_000_000) * 4096 // 1_000_000
    assert uuid.UUID(hex=made).version == 7
    assert made.endswith("8000000000000001")


def test_ids_sort_as_they_were_made() -> None:
    """Many within one millisecond too."""
    made = [new_id() for _ in range(20_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_clock_set_back_does_not_break_the_order(monkeypatch: MonkeyPatch) -> None:
    """Ids go on from the last one."""
    first = new_id()
    monkeypatch.setattr(ids, "time_ns", lambda: 0)

    assert first < new_id() < new_id()


def test_threads_never_make_the_same_id() -> None:
    """The random part keeps them apart."""
    with ThreadPoolExecutor(8) as pool:
        made = [one for many in pool.map(_thousand, range(8)) for one in many]

    assert len(set(made)) == 8_000


def _thousand(_: int) -> list[str]:
    return [new_id() for _ in range(1000)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_two_forks_do_not_go_on_with_the_same_numbers() -> None:
    """Servers fork after import."""
    tails = []
    for _ in range(2):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, id_at(0, draw()).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        tails.append(os.read(reading, 64))
        os.close(reading)

    assert tails[0] != tails[1]
    assert len(tails[0]) == 32

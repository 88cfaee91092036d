"""Log records are noted as they are made, and everything about logging stays as it was."""

from __future__ import annotations

import io
import logging
import os
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from anyio import to_thread

from asgi_mw.inspector.witness import witness
from tests.inspector.witness.told import noted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.notes import Note

pytestmark = pytest.mark.anyio
shop = logging.getLogger("shop_of_the_tests")


@pytest.fixture(autouse=True)
def _witnessed() -> Iterator[None]:
    with witness(spans=False, calls=False):
        yield


async def logged(does: Callable[[], object]) -> list[Note]:
    """What is noted of a request in which an app logs."""

    async def work() -> None:  # as an app
        does()

    return await noted(work)


async def test_a_record() -> None:
    """The note has its logger, its place, and its ``extra``."""
    [note] = await logged(lambda: shop.warning("%s is sold out", "tea", extra={"left": 0}))
    assert ("log", "warning", "tea is sold out", None) == (
        *(note.kind, note.level, note.title, note.until),
    )
    assert ("shop_of_the_tests", {"left": 0}) == (note.detail["logger"], note.detail["extra"])
    assert "test_logs.py:" in note.detail["where"]


@pytest.mark.parametrize("name", ["asgi_mw.access", "uvicorn.access"])
async def test_the_line_of_an_access_log_is_none(name: str) -> None:
    """It would repeat what the exchange says."""
    assert [] == await logged(lambda: logging.getLogger(name).warning("GET /"))


async def test_an_exception() -> None:
    """The note says what it was, and where."""

    def fail() -> None:
        try:
            os.environ["TEA_OF_THE_TESTS"]
        except KeyError:
            shop.exception("no tea")

    [note] = await logged(fail)
    assert ("error", "KeyError: 'TEA_OF_THE_TESTS'") == (note.level, note.detail["error"])
    assert "in fail" in note.detail["traceback"]


async def test_levels_and_filters_decide_as_before() -> None:
    """A record that is not logged is not noted."""

    def nothing(_: logging.LogRecord) -> bool:
        return False

    def log() -> None:
        shop.debug("too low")
        shop.addFilter(nothing)
        shop.error("filtered")
        shop.removeFilter(nothing)

    assert [] == await logged(log)


async def test_loggers_that_do_not_propagate_are_seen() -> None:
    """The loggers of uvicorn are such."""
    own = logging.getLogger("own_of_the_tests")
    own.propagate = False
    assert ["hello"] == [note.title for note in await logged(lambda: own.warning("hello"))]


async def test_threads_that_carry_the_context_are_seen() -> None:
    """The threads of anyio do so."""

    async def work() -> None:
        await to_thread.run_sync(shop.warning, "from a thread")

    assert ["from a thread"] == [note.title for note in await noted(work)]


async def test_structlog_that_ends_in_the_standard_library() -> None:
    """The note has the event, and what was bound to it."""
    logger: Any = structlog.wrap_logger(
        shop, processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    )
    [note] = await logged(
        lambda: logger.warning("sold out", what="tea", token="hush")
    )  # to be masked
    assert ("sold out", {"what": "tea", "token": "[redacted]"}) == (
        note.title,
        note.detail["extra"],
    )


async def test_a_record_that_cannot_be_formatted_is_no_fault_of_ours() -> None:
    """Logging itself complains about it."""
    with redirect_stderr(io.StringIO()) as complaint:
        own = logging.Logger("own")  # noqa: LOG001  # pytest is to have no part in it
        own.addHandler(logging.StreamHandler())
        notes = await logged(lambda: own.warning("%d left", "no"))
    assert (["%d left"], 1) == (
        [note.title for note in notes],
        complaint.getvalue().count("--- Logging error ---"),
    )


async def test_the_last_resort_still_speaks() -> None:
    """It speaks where nobody set up logging: a handler of ours would silence it."""
    lone = logging.Logger("lone")  # noqa: LOG001  # the same
    with redirect_stderr(io.StringIO()) as said:
        await logged(lambda: lone.warning("nobody set me up"))
    assert "nobody set me up\n" == said.getvalue()


def test_no_handler_is_added() -> None:
    """``logging.basicConfig`` would do nothing where there is one."""
    before = [*logging.getLogger().handlers]
    with witness(), witness():
        assert before == logging.getLogger().handlers


def test_what_is_wrapped_is_put_back() -> None:
    """That happens when the last witness is removed."""
    wrapped = vars(logging.Logger)["callHandlers"]
    with witness():
        assert vars(logging.Logger)["callHandlers"] is wrapped
    assert vars(logging.Logger)["callHandlers"] is wrapped


async def test_outside_of_a_connection_nothing_is_noted() -> None:
    """The record belongs to no connection."""
    shop.warning("of nobody")
    assert [] == await logged(lambda: None)

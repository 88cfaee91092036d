"""A crash that was logged is known again: the exception itself, not another one like it."""

from __future__ import annotations

import logging
import pickle
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from asgi_mw import access_log
from asgi_mw.connection import joined
from asgi_mw.context import current, reset
from asgi_mw.crashes import (
    NeedlessFilter,
    RepeatFilter,
    conclusion,
    error_in,
    error_of,
    is_logged,
    note_logged,
    note_parting,
    taken_apart,
)
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


def test_another_one_like_it_is_news() -> None:
    """Though it may stand at the same address: the mark is on the object."""
    for _ in range(3):
        error = KeyError("tea")
        assert not is_logged(error)
        note_logged(error)
        assert is_logged(error)
        del error


def test_a_group_was_logged_if_all_in_it_were() -> None:
    """Task groups make one around what a framework logged already."""
    errors = [KeyError("tea"), ValueError("coffee")]
    group = BaseExceptionGroup("", [errors[0], BaseExceptionGroup("", errors[1:])])
    note_logged(errors[0])
    assert not is_logged(group)
    note_logged(errors[1])
    assert is_logged(group)


def test_the_conclusion_of_a_group_is_what_the_group_says() -> None:
    """As a framework with a task group tells of its startup; not the margin below its parts."""
    try:
        try:
            raise ExceptionGroup("inner", [OSError("gone")])  # noqa: TRY301  # what is to be caught
        except ExceptionGroup as error:
            raise ExceptionGroup("several", [error, KeyError("tea")]) from error
    except ExceptionGroup:
        told = traceback.format_exc()
    assert "ExceptionGroup: several (2 sub-exceptions)" == conclusion(told)


def test_one_that_is_raised_in_several_requests_is_news_in_each() -> None:
    """A constant of a module."""
    error = LookupError("always the same")
    news = []
    for _ in range(2):
        token = current.set(joined({"type": "http"})[1])
        news.append(not is_logged(error))
        note_logged(error)
        assert is_logged(error)
        reset(current, token)
        assert is_logged(error), "to the server, outside"

    assert news == [True, True]


def test_one_that_was_logged_outside_is_news_in_a_request() -> None:
    """Somewhere else in the log."""
    error = LookupError("always the same")
    note_logged(error)
    token = current.set(joined({"type": "http"})[1])
    assert not is_logged(error)
    reset(current, token)
    assert is_logged(error)


@pytest.mark.parametrize("more", ["note", "cause"])
def test_a_group_that_says_more_than_its_parts_is_news(more: str) -> None:
    """What it has of its own stands nowhere yet."""
    error = KeyError("tea")
    group = ExceptionGroup("several", [error])
    note_logged(error)
    assert is_logged(group)
    if more == "note":
        group.add_note("at the till")
    else:
        group.__cause__ = ValueError()
    assert not is_logged(group)


def test_it_can_be_pickled_and_is_news_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker sends it to the process that waits, whose log is another."""
    error = KeyError("tea")
    note_logged(error)
    sent = pickle.dumps(error)
    monkeypatch.setattr("os.getpid", lambda: 0)
    assert pickle.loads(sent).args == ("tea",)
    assert not is_logged(pickle.loads(sent))


def test_a_traceback_of_another_one_of_that_kind_is_its_own() -> None:
    """As a child process writes it, while its parent handles a timeout."""
    parts = "Traceback (most recent call last):\n  ...\nQueryTimeoutError: too late"
    for error in (TimeoutError(), TimeoutError("too late"), TimeoutError("too")):
        try:
            raise error
        except TimeoutError:
            assert error_of(parts) is None
            assert error_of(f"Traceback\n  ...\nshop.{'TimeoutError: too late'}") in {error, None}


def test_what_an_access_log_did_not_write_was_not_logged() -> None:
    """Its traceback is left to the server."""
    logger = logging.getLogger("a_silent_log")
    logger.setLevel(logging.CRITICAL)
    error = run(request(access_log(crashing, logger=logger))).raised

    assert error is not None
    assert not is_logged(error)


def test_what_a_record_carries_is_found() -> None:
    """As ``exc_info`` may be given."""
    error = KeyError("tea")
    try:
        raise error
    except KeyError:
        assert error_in(True) is error_in(sys.exc_info()) is error_in(error) is error
    nothing: list[object] = [None, False, True, (None, None, None), (), "no"]
    assert [error_in(one) for one in nothing] == [None] * 6


@pytest.mark.parametrize("before", ["", "Application callable raised an exception\n"], ids=repr)
@pytest.mark.parametrize(
    "error", [KeyError("tea"), ExceptionGroup("two", [KeyError()]), ValueError()], ids=repr
)
def test_a_traceback_in_a_message_is_of_what_is_being_handled(
    before: str, error: Exception
) -> None:
    """Where nothing is handled, or something else, nobody knows."""
    try:
        raise error  # noqa: TRY301  # for its traceback
    except Exception:  # noqa: BLE001  # it is given
        parts = taken_apart(before + traceback.format_exc())
        assert parts is not None
        assert (parts[0], error_of(parts[1])) == (before.rstrip(), error)
    assert error_of(parts[1]) is None
    try:
        raise LookupError("another")  # noqa: TRY301  # for its traceback
    except LookupError:
        assert error_of(parts[1]) is None


@pytest.mark.parametrize("text", ["", "it broke", "a Traceback (most recent call last): of it"])
def test_a_message_without_a_traceback_is_whole(text: str) -> None:
    """Most are."""
    assert taken_apart(text) is None


async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise."""
    raise KeyError("tea")


def test_a_filter_leaves_out_what_the_access_log_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any configuration of ours; what it did not tell stays."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [caplog.handler])
    server = logging.getLogger("a_server")
    repeats = RepeatFilter()
    server.addFilter(repeats)
    try:
        for skip in ((), ("/",)):
            error = run(request(access_log(crashing, skip=skip))).raised
            server.error("Exception in ASGI application\n", exc_info=error)
            try:
                raise error or AssertionError
            except KeyError:
                server.error("Application callable raised\n" + traceback.format_exc())
        server.error("it broke")
    finally:
        server.removeFilter(repeats)

    theirs = [
        record.message.partition("\n")[0] for record in caplog.records if record.name == "a_server"
    ]
    assert theirs == ["Exception in ASGI application", "Application callable raised", "it broke"]


def test_a_websocket_that_was_closed_in_order_is_no_crash() -> None:
    """Whoever logs the exception that reported it, in a record or in its message."""
    kept: list[str] = []
    for error in (LookupError("a crash"), LookupError("closed")):
        if error.args == ("closed",):
            note_parting(error)
        try:
            raise error
        except LookupError:
            text = f"It broke:\n{traceback.format_exc()}"
            for said, exc_info in (("it broke", sys.exc_info()), (text, None)):
                record = logging.LogRecord("x", logging.ERROR, "", 0, said, (), exc_info)
                filters: list[logging.Filter] = [RepeatFilter(), NeedlessFilter()]
                kept += [str(error) for one in filters if one.filter(record)]

    assert kept == ["a crash"] * 4

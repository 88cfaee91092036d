"""Know which crashes were logged: the framework, the access log and the server log the same one."""

from __future__ import annotations

import logging
import os
import re
import sys
from itertools import count
from typing import Any

from asgi_mw.context import current, refused
from asgi_mw.tracebacks import message_of

# An attribute of the exception itself: an ``id()`` is used again once its object is gone, and
# built-in exceptions take no weak references
_MARK = "_asgi_mw_logged"
# An attribute of an exception that is no crash, and was reported in another way
_PARTED = "_asgi_mw_parted"
_numbers = count(1)
# In the traceback of a group: a line behind its margin that is no frame
_OF_GROUP = re.compile(r"(?m)^  \| (\S.*)$")
# What frameworks raise in a handler whose client closed the WebSocket
_PARTINGS = ("WebSocketDisconnect", "WebSocketDisconnectError", "WebSocketDisconnected")
# What uvicorn logs for each WebSocket that was answered by a response, with its default --ws
_UNANSWERED = "ASGI callable returned without completing handshake."
# Done, going away, and no code: normal ends (RFC 6455 7.4.1)
_GOODBYES = frozenset({1000, 1001, 1005})
_BEGINNING = re.compile(r"(?m)^(?:  \+ Exception Group )?Traceback \(most recent call last\):$")


def is_parting(kind: str, outcome: str | None, code: object, name: str) -> bool:
    """Whether an exception only reports that its WebSocket was closed in order, which is no crash.

    Args:
        kind: The type of the connection, as in its scope.
        outcome: How it ended.
        code: The code with which it was closed.
        name: What the class of the exception is called.

    >>> is_parting("websocket", "complete", 1000, "starlette.websockets.WebSocketDisconnect")
    True
    >>> is_parting("websocket", "complete", 1000, "KeyError")
    False
    >>> is_parting("websocket", "client_gone", 1006, "WebSocketDisconnected")
    False
    """
    return (
        kind == "websocket"
        and outcome == "complete"
        and code in _GOODBYES
        and name.rpartition(".")[2] in _PARTINGS
    )


def note_parting(error: BaseException) -> None:
    """Remember that *error* needs no line in the log, since :func:`is_parting` is true of it."""
    error.__dict__[_PARTED] = True


def note_logged(error: BaseException) -> None:
    """Remember that the traceback of *error* is in the log."""
    connection = current.get()
    number = 0
    if connection is not None:
        connection.number = number = connection.number or next(_numbers)
    error.__dict__[_MARK] = os.getpid(), number


def is_logged(error: BaseException) -> bool:
    """Whether the traceback of *error* is in the log; for a group, those of all its members.

    An exception that several requests raise, as a constant of a module, is new in each of them.

    >>> error = ValueError("no luck")
    >>> note_logged(error)
    >>> is_logged(error), is_logged(ExceptionGroup("several", [error])), is_logged(ValueError())
    (True, True, False)
    """
    process, number = error.__dict__.get(_MARK, (None, 0))
    if process == os.getpid():
        connection = current.get()
        return connection is None or 0 != number == connection.number
    return (
        isinstance(error, BaseExceptionGroup)
        and error.__cause__ is None
        and not hasattr(error, "__notes__")
        and all(map(is_logged, error.exceptions))
    )


def error_in(exc_info: object) -> BaseException | None:
    """The exception that ``exc_info=`` of a log record stands for."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        found: Any = exc_info[1] if len(exc_info) == 3 else None
        return found if isinstance(found, BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def taken_apart(text: str) -> tuple[str, str] | None:
    r"""Split *text* into what stands before the traceback in it, and that traceback.

    >>> taken_apart("It broke\nTraceback (most recent call last):\n  ...\nKeyError: 1\n")
    ('It broke', 'Traceback (most recent call last):\n  ...\nKeyError: 1')
    """
    found = _BEGINNING.search(text) if "Traceback (most" in text else None
    return (
        None if found is None else (text[: found.start()].rstrip(), text[found.start() :].rstrip())
    )


def conclusion(text: str) -> str:
    r"""The line that names the exception, if *text* ends in a traceback; else all of *text*.

    It is the last line, except for a group, whose parts follow it.

    >>> conclusion("Traceback (most recent call last):\n  ...\nKeyError: 1\n")
    'KeyError: 1'
    """
    parts = taken_apart(text)
    if parts is None:
        return text
    last = parts[1].rpartition("\n")[2]
    of_group = _OF_GROUP.findall(parts[1]) if last.lstrip().startswith("+-") else None
    return of_group[-1] if of_group else last


def error_of_record(record: logging.LogRecord) -> BaseException | None:
    """The exception that a record of stdlib logging reports."""
    error = error_in(record.exc_info)
    if error is None and (parts := taken_apart(str(record.msg))) is not None:
        error = error_of(parts[1])
    return error


def error_of(traceback: str) -> BaseException | None:
    """The exception that is being handled, if *traceback* is its traceback.

    Granian and Nexios write the traceback into the message, while they handle the exception.
    """
    error = sys.exc_info()[1]
    if error is None:
        return None
    said, cut, _ = message_of(error)
    last = f"{type(error).__qualname__}: {said}" if said else type(error).__qualname__
    if isinstance(error, BaseExceptionGroup):  # its lines have a margin, and its parts follow
        return error if last in traceback else None
    # It ends with the exception, named with its module or without
    pattern = r"(?m)^(?:[\w.]+\.)?" + re.escape(last) + ("" if cut else r"\Z")
    return error if re.search(pattern, traceback.rstrip()) else None


class RepeatFilter(logging.Filter):
    """A filter of stdlib logging: leaves out records of a crash that was logged already.

    It also leaves out those of a WebSocket that was closed in order, which is no crash.  It is for
    the error log of a server, where :func:`~asgi_mw.access_log` logs and
    :func:`asgi_mw.logs.configure` is not used.

    >>> logging.getLogger("uvicorn.error").addFilter(RepeatFilter())
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* says something new."""
        error = error_of_record(record)
        return error is None or not (_PARTED in error.__dict__ or is_logged(error))


class NeedlessFilter(logging.Filter):
    """A filter of stdlib logging: leaves out what servers wrongly take for a fault of the app.

    That is an exception for which :func:`is_parting` is true, and uvicorn's error that nobody
    answered a handshake, where a layer of ours refused that handshake.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is to be logged."""
        if record.msg.__class__ is not str:
            return True  # an event of structlog's
        if record.msg == _UNANSWERED:
            return not (refused.get() and record.name.partition(".")[0] == "uvicorn")
        error = error_of_record(record)
        return error is None or _PARTED not in error.__dict__

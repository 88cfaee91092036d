"""How a connection failed, in the words of the conventions: ``error.type``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.progress import is_cancellation

if TYPE_CHECKING:
    from asgi_mw.progress import Progress

# https://www.iana.org/assignments/websocket/: codes of the protocol that mean a failure.  Not
# 1000 and 1001, an orderly end; 1005, none given; 1008, the client's own fault, as a 403 is
CLOSED_ABNORMALLY = frozenset({1002, 1003, 1006, 1007, 1009, 1010, 1011, 1012, 1013, 1014, 1015})


def error_type(kind: type[BaseException]) -> str:
    """The full name of an exception's class, without ``builtins``, as the SDK writes it.

    >>> error_type(ValueError), error_type(TimeoutError)
    ('ValueError', 'TimeoutError')
    """
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def failed_by(progress: Progress, error: BaseException | None) -> BaseException | None:
    """*error*, if it made the connection fail: an error of background work did not.

    If the app sends a 500 for an error and then raises it, that is one failure.
    """
    if error is None or not progress.complete:
        return error
    if (progress.status or 0) >= 500 and not is_cancellation(error):
        return error
    return None


def failure(progress: Progress, error: BaseException | None) -> str | None:
    """``error.type`` of a connection that ended, given what left the app; ``None`` if all is well.

    The class of the exception; else the status from 500 on; else the code with which a WebSocket
    was closed abnormally; else ``client_gone`` or ``incomplete``.

    >>> from asgi_mw.progress import Progress
    >>> failure(Progress("http"), ValueError()), failure(Progress("http"), None)
    ('ValueError', 'incomplete')
    """
    blamed = failed_by(progress, error)
    if blamed is not None:
        return error_type(type(blamed))
    status = progress.status
    if status is not None and status >= 500:
        return str(status)
    if progress.type == "websocket":
        code = progress.close_code
        if code in CLOSED_ABNORMALLY:
            return str(int(code or 0))
        if status == 101 and not progress.complete and not progress.gone:
            return None  # the app returned: the server closes in order, with 1000
    if progress.complete:
        return None
    return "client_gone" if progress.gone else "incomplete"

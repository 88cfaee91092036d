"""Run checks against a server, each bounded in time, and give the result of each."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import anyio

from asgi_mw.conformance.check import (
    FailedError,
    NotOfferedError,
    OverdueError,
    Result,
    UndecidedError,
)
from asgi_mw.conformance.clock import Clock
from asgi_mw.conformance.kit import Kit
from asgi_mw.conformance.process import StartError
from asgi_mw.conformance.puppet import Stage
from asgi_mw.conformance.servers import PROBE
from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgi_mw.conformance.check import Check, Verdict
    from asgi_mw.conformance.servers import Server


def examine(
    server: Server, checks: Iterable[Check], *, app: str = PROBE, clock: Clock | None = None
) -> Iterator[Result]:
    """Run *checks*, one after the other, and give each result as it comes.

    Args:
        server: What to examine.
        checks: What to ask of it.
        app: The app that it serves: the probe itself by default, or something that wraps it.
        clock: How long to wait.

    Raises:
        MissingExtraError: anyio is too old.
    """
    if not hasattr(anyio, "wait_readable"):
        raise MissingExtraError("anyio 4.7", "conformance")
    clock = clock or Clock()
    stage = Stage(clock)
    kit = Kit(server, app, stage, clock)
    try:
        for check in checks:
            began = monotonic()
            verdict, detail = _run(check, kit)
            ms = round((monotonic() - began) * 1000)
            if verdict in {"fail", "error"}:
                kit.stop()  # what is broken now must not fail the next check as well
            yield Result(server.name, check, verdict, detail, ms)
    finally:
        kit.stop()
        stage.close()


def _run(check: Check, kit: Kit) -> tuple[Verdict, str]:
    """The verdict, and what to say with it."""
    try:
        if not check.own_process:
            kit.start()
        with kit.checking():
            detail = check.run(kit) or ""
    except FailedError as error:
        verdict: Verdict = "fail"
        detail = str(error)
    except UndecidedError as error:
        return "undecided", str(error)
    except NotOfferedError as error:
        return "not offered", str(error)
    except (OverdueError, StartError, MissingExtraError) as error:
        return "error", str(error)
    except Exception as error:  # noqa: BLE001  # a check that breaks must not stop the others
        return "error", f"{type(error).__name__}: {error}"
    else:
        verdict = "pass"
    if kit.process is not None and kit.process.status is not None:
        detail += f"; the server ended with status {kit.process.status}: {kit.process.tail}"
        verdict = "fail"
    return ("undecided" if check.severity == "undecided" else verdict), detail

"""Every async test runs on asyncio and on trio, and nothing in it may hold the event loop."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
import structlog
import trio
from blockbuster import BlockBuster, blockbuster
from hypothesis import HealthCheck, settings

import asgi_mw
from asgi_mw.recorder import spool
from asgi_mw.testing import Transport, Wire
from tests.system import PATIENCE
from tests.tried import DEEP

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

pytest_plugins = ["tests.browser.visiting", "tests.recorder.postgres.fixtures", "pytester"]
# Only servers import these: they set their process up
collect_ignore = [
    "findings/served.py",
    "inspector/attacks/careless_app.py",
    "inspector/attacks/hostile_app.py",
    "inspector/example_app.py",
    "live/crashing_app.py",
    "live/outcome_app.py",
    "matrix/apps",
    "matrix/serving.py",
    "otlp/shapes.py",
    "recorder/shipping/served_app.py",
]
HOUSE = str(Path(asgi_mw.__file__).parent)
DRIVER = str(Path(HOUSE) / "testing")

# A shell leaves SIGINT ignored in what it runs in the background, which all processes inherit
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no fault of the code; a change is judged by examples that repeat, and at each
# run elsewhere new ones are tried
settings.register_profile(
    "house",
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# What `make fuzz` runs with: every property many times over, see tests/tried.py
settings.register_profile(DEEP, settings.get_profile("house"), max_examples=1000)
settings.load_profile("house")

# Nor is it one of an app or a store in a test: without a time of its own, it is waited for as all
# others are
for _way in (Wire, Transport):
    _defaults = _way.__init__.__kwdefaults__
    assert _defaults is not None
    _defaults["timeout"] = PATIENCE
spool._READ_SECONDS = PATIENCE


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what a test printed cross from one process to another, surrogates too."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.fixture(autouse=True)
def structlog_as_it_was() -> Iterator[None]:
    """Configured or not: ``structlog.testing`` leaves it configured."""
    before = structlog.is_configured()
    yield
    if structlog.is_configured() and not before:
        structlog.reset_defaults()


@pytest.fixture(autouse=True)
def root_logger_as_it_was() -> Iterator[None]:
    """Without a handler that a test left: it would note what the next one logs."""
    root = logging.getLogger()
    before = [*root.handlers]
    yield
    for handler in [*root.handlers]:
        if handler not in before and not type(handler).__module__.startswith("_pytest."):
            root.removeHandler(handler)


@pytest.fixture(autouse=True)
def loggers_of_uvicorn_as_they_were() -> None:
    """Without a level: each ``uvicorn.Config`` of this process gives them its own, for good."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        if logger.level or logger.disabled:
            logger.setLevel(logging.NOTSET)
            logger.disabled = False


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Name the event loop that a test marked ``anyio`` runs on."""
    return str(request.param)


class Held(BaseException):
    """The event loop was held: no Exception, which layers keep from the app."""

    seen: ClassVar[list[str]] = []

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.seen.append(by)  # a server takes whatever leaves the app


class Loops:
    """Where the guard looks whether an event loop is running: it knows asyncio alone."""

    @staticmethod
    def get_running_loop() -> object:
        """Raise where none is."""
        return None if trio.lowlevel.in_trio_run() else asyncio.get_running_loop()


def is_theirs(*_: object, **__: object) -> bool:
    """Whether a call is of an app's or a framework's: its coroutine is nearer than code of ours."""
    frame = inspect.currentframe()
    while frame := frame and frame.f_back:
        if frame.f_code.co_filename.startswith(HOUSE):
            return frame.f_code.co_filename.startswith(DRIVER)
        if frame.f_code.co_flags & inspect.CO_COROUTINE:
            return True
    return True


@pytest.fixture(autouse=True)
def held() -> Iterator[list[str]]:
    """Fail a test in which something was held; give the list, for who expects it."""
    Held.seen.clear()
    yield Held.seen
    assert Held.seen == []


@pytest.fixture(scope="session", autouse=True)
def _nothing_blocks() -> Iterator[None]:
    """Raise where code of ours holds an event loop: reads a file, waits for a lock, sleeps.

    Layers may read what they like as they are made, who reads a store waits for it, and where a
    log goes is a matter of its handlers.  Where Hypothesis looks on, it asks where a file lies the
    first time it sees one.
    """
    guard = BlockBuster()
    for function in guard.functions.values():
        function.can_block_in("asgi_mw/layers.py", "marked")
        function.can_block_in("asgi_mw/recorder/spool.py", {"get", "exchanges"})
        function.can_block_in("logging/__init__.py", "emit")
        function.can_block_in("hypothesis/internal/escalation.py", "accept")
        may = function.can_block_predicate
        function.can_block_predicate = lambda *args, may=may, **keywords: (
            may(*args, **keywords) or is_theirs()
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockbuster, "asyncio", Loops)
        patch.setattr(blockbuster, "BlockingError", Held)
        guard.activate()
        yield
        guard.deactivate()

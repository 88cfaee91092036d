"""For suites of tests: says where ASGI connections hang, checks them, and puts them on record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.amounts import plural
from asgi_mw.pytest_plugin.timeouts import TITLE, Timeouts
from asgi_mw.pytest_plugin.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from asgi_mw.pytest_plugin.recording import Recording

_DOCS = "https://github.com/asgi-mw/asgi-mw/blob/main/docs/pytest.md"
_WATCH = pytest.StashKey[Watch]()
_TIMEOUTS = pytest.StashKey[Timeouts]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    said = "fail tests whose app breaks the ASGI specification"
    parser.getgroup("asgi_mw").addoption("--asgi-strict", action="store_true", help=said)
    parser.addini("asgi_strict", said, type="bool", default=False)
    parser.addini("asgi_watch", "see where connections hang", type="bool", default=True)
    parser.addini("asgi_allow", "ids of rules that apps may break", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, and prepare to watch the clients."""
    config.addinivalue_line("markers", "asgi_allow(*rules): rules of ASGI that the app may break")
    strict = bool(config.getoption("--asgi-strict") or config.getini("asgi_strict"))
    config.stash[_WATCH] = watch = Watch(strict=strict, hangs=config.getini("asgi_watch"))
    config.stash[_TIMEOUTS] = Timeouts(watch.text)
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Worker(watch))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the clients as they were."""
    if (watch := config.stash.get(_WATCH, None)) is not None:
        watch.restore()
        config.stash[_TIMEOUTS].restore()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget the previous test, and watch the clients that are imported by now."""
    item.config.stash[_WATCH].begin()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Watch the clients that a fixture imported."""
    item.config.stash[_WATCH].patch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail the test for the rules that the app broke, and show what hangs."""
    report = yield
    watch = item.config.stash[_WATCH]
    allowed = set(item.config.getini("asgi_allow"))
    for mark in item.iter_markers("asgi_allow"):
        allowed.update(mark.args)
    broken, others = watch.judged(allowed)
    if others:  # as text, which crosses from one process to another
        vars(report)["asgi_others"] = others
    if watch.checked:
        vars(report)["asgi_checked"], watch.checked = watch.checked, 0
    if broken and report.passed:
        report.outcome = "failed"
        report.longrepr = "The app breaks the ASGI specification:\n" + "\n".join(broken)
    elif broken:
        report.sections.append(("ASGI specification", "\n".join(broken)))
    if report.failed and (text := watch.text()):
        report.sections.append((TITLE, text))
    return report


class Worker:
    """A worker of pytest-xdist: nobody sees its terminal, so it prints what was interrupted."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def pytest_keyboard_interrupt(self) -> None:
        """Print it to the standard error of the process."""
        if text := self._watch.text():
            print(f"\n{TITLE}:\n{text}", file=sys.__stderr__, flush=True)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what a test that was interrupted waited for, and what was checked.

    With ``-v``, also show what is not the app's fault, or undecided.
    """
    watch = config.stash[_WATCH]
    if watch.running and (text := watch.text()):
        terminalreporter.section(TITLE)
        terminalreporter.write_line(text)
    reports = [one for found in terminalreporter.stats.values() for one in found]
    if watch.strict and reports:
        count = sum(getattr(one, "asgi_checked", 0) for one in reports)
        # Without this line, a client that the plugin does not know would look like a faultless app
        said = f"no connection was seen: clients that are seen are listed at {_DOCS}"
        terminalreporter.write_line(
            f"asgi-strict: {plural(count, 'connection') + ' checked' if count else said}",
            yellow=not count,
        )
    others = sorted({said for one in reports for said in getattr(one, "asgi_others", ())})
    if others and config.get_verbosity() > 0:
        terminalreporter.section("ASGI: not by the app, or undecided")
        for said in others:
            terminalreporter.write_line(said)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:  # noqa: ARG001  # the hook's names
    """Note that no test runs any more."""
    item.config.stash[_WATCH].running = False


@pytest.fixture
def asgi_record(request: pytest.FixtureRequest) -> Iterator[Recording]:
    """Put on record what in-process clients do, as ``exchanges`` and as a ``text`` to compare."""
    from asgi_mw.pytest_plugin.recording import Recording  # noqa: PLC0415  # slow to import

    watch = request.config.stash[_WATCH]
    recording = Recording()
    watch.record(recording.store)
    yield recording
    watch.record(None)

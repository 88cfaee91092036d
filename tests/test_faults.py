"""A fault of ours is counted, said once, and never raised."""

from __future__ import annotations

import logging
import os
import threading
import warnings

import pytest

from asgi_mw.faults import Drops, Faults, ledger, watch


def test_each_fault_is_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """By place and type; the text names the layer, the place and the error."""
    faults = Faults("record")
    for _ in range(3):
        faults.note("store", OSError(28, "No space left on device"))
    faults.note("store", ValueError("other"))
    faults.note("logger", OSError(28, "No space left on device"))

    assert faults.total == 5
    assert dict(faults.counts) == {
        "store: OSError": 3,
        "store: ValueError": 1,
        "logger: OSError": 1,
    }
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("asgi_mw", "WARNING")
    ] * 3
    assert caplog.messages[0] == (
        "asgi_mw.record: store failed with OSError: [Errno 28] No space left on device; "
        "the app goes on, further ones are counted"
    )


def test_a_broken_log_handler_does_not_raise() -> None:
    """Saying it may fail as well."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(28, "No space left on device")

    handler = Broken()
    log = logging.getLogger("asgi_mw")
    log.addHandler(handler)
    try:
        faults = Faults("record")
        faults.note("store", ValueError())
    finally:
        log.removeHandler(handler)

    assert faults.counts["store: ValueError"] == 1


def test_an_error_without_text_does_not_raise() -> None:
    """An exception's own ``__str__`` is somebody else's code."""

    class Odd(Exception):  # noqa: N818  # it is not about the name
        def __str__(self) -> str:
            raise ValueError("no text")

    faults = Faults("record")
    faults.note("store", Odd())

    assert faults.counts["store: Odd"] == 1


def test_the_warning_is_one_line_that_drives_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    """The text of an error may hold what a client sent."""
    Faults("request_id").note("trust", ValueError("a\r\nINFO forged\x1b[2J\x9b\u2028"))

    assert caplog.messages[0].isprintable()


def test_the_warning_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A megabyte in an error makes no megabyte in the log."""
    Faults("request_id").note("trust", ValueError("a" * 1_000_000))

    assert len(caplog.messages[0]) < 2000


def test_threads_lose_no_count() -> None:
    """A store's writer and many handlers note at once."""
    faults = Faults("record")

    def note() -> None:
        for _ in range(1000):
            faults.note("store", ValueError())

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults.total == 4000


def test_the_ledger_of_the_process_outlives_who_wrote_it() -> None:
    """Its counts feed metrics, and those never go down."""
    before = ledger()
    Faults("a layer").note("send", ValueError())
    Drops("a store").add("queue full", 3)

    assert {key: count for key, count in ledger().items() if before.get(key) != count} == {
        ("fault", "a layer", "send: ValueError"): 1,
        ("dropped", "a store", "queue full"): 3,
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_begins_an_empty_ledger() -> None:
    """What the parent counted is told by the parent."""
    Drops("a store").add("queue full")
    with warnings.catch_warnings():  # the suite may run threads; the child ends at once
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os._exit(len(ledger()))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_watcher_sees_what_was_and_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each count once."""
    monkeypatch.setattr("asgi_mw.faults._watchers", [])
    Drops("watched").add("before", 2)
    seen: list[tuple[tuple[str, str, str], int]] = []
    watch(lambda key, count: seen.append((key, count)))
    Drops("watched").add("after")

    assert [(("dropped", "watched", "before"), 2), (("dropped", "watched", "after"), 1)] == [
        one for one in seen if one[0][1] == "watched"
    ]


def test_a_watcher_that_fails_is_not_asked_about_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would fail for ever; the fault is booked all the same."""
    monkeypatch.setattr("asgi_mw.faults._watchers", [])
    faults = Faults("watcher")
    watch(lambda *_: faults.note("tell", OSError("no space")))
    before = faults.total
    Drops("watched").add("once")

    assert before + 1 == faults.total

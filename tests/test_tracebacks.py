"""What an exception says, cut before anything is made of it."""

from __future__ import annotations

import traceback
from itertools import pairwise

import pytest

from asgi_mw.redaction import DEFAULT
from asgi_mw.tracebacks import MOST_MESSAGE, Excerpt, message_of, shown, traceback_of

LONG = "x" * 1_000_000


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """*error*, with a traceback."""
    try:
        raise error from cause  # noqa: TRY301  # for its traceback
    except Exception as caught:  # noqa: BLE001  # whatever it is
        return caught


def chained() -> Exception:
    """A group with a cause and a note."""
    group = ExceptionGroup("third", [raised(OSError("inner"))])
    error = raised(group, raised(ValueError("second"), raised(KeyError("first"))))
    error.add_note("a note")
    return error


@pytest.mark.parametrize(
    "error",
    [raised(ValueError("a\nb")), chained(), raised(SyntaxError("a")), raised(KeyError())],
    ids=["lines", "chain", "syntax", "empty"],
)
def test_a_usual_traceback_is_as_python_prints_it(error: BaseException) -> None:
    """With causes, groups and notes, in one piece."""
    assert [Excerpt("".join(traceback.format_exception(error)))] == traceback_of(error)


def test_a_long_message_keeps_its_beginning_wherever_it_stands_in_a_chain() -> None:
    """The rest of the traceback is as it is without it."""
    error = raised(ValueError("second"), raised(KeyError("first" + LONG)))
    first, last = traceback_of(error)
    assert first.text.startswith("Traceback (most recent call last):\n")
    assert first.text.endswith("KeyError: 'first" + "x" * (MOST_MESSAGE - 6))
    assert (first.cut, first.headless) == (True, False)
    assert last.text.startswith("…\n\nThe above exception was the direct cause")
    assert last.text.endswith("\nValueError: second\n")


MESSAGES = {
    "text": (ValueError(LONG), LONG[:5]),
    "key": (KeyError(LONG), "'xxxx"),
    "bytes": (ValueError(LONG.encode()), "b'xxx"),
    "several": (ValueError(1, LONG, "y"), "(1, '"),
    "group": (ExceptionGroup(LONG, [ValueError()]), LONG[:5]),
}


@pytest.mark.parametrize(("error", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_no_text_is_made_of_arguments_that_are_too_long(
    error: BaseException, expected: str
) -> None:
    """What is left begins as the whole would."""
    assert Excerpt(expected, cut=True) == message_of(error, 5)


def test_notes_are_cut_and_counted() -> None:
    """Each has a beginning, and there are not too many."""
    error = raised(ValueError("a"))
    for number in range(100):
        error.add_note(f"{number}: password='{LONG}'")
    text = shown(traceback_of(error), DEFAULT.text)
    assert text.count("password='[redacted]…\n") == 16
    assert "xx" not in text


def test_a_chain_without_end_has_one() -> None:
    """The nearest exceptions are told."""
    error: BaseException = ValueError("0")
    for number in range(1, 1000):
        after = ValueError(str(number))
        after.__cause__ = error
        error = after
    told = "".join(one.text for one in traceback_of(error))
    assert told.endswith("ValueError: 999\n")
    assert told.count("ValueError") == 16


def test_of_many_frames_the_last_are_kept() -> None:
    """They begin at a frame, which is no part of a message."""
    errors = [raised(ValueError(f"{number}" + "y" * 8000)) for number in range(8)]
    for earlier, later in pairwise(errors):
        later.__cause__ = earlier
    first, *_ = pieces = traceback_of(errors[-1])
    assert first.text.startswith('  File "')
    assert not any(one.cut or one.headless for one in pieces)
    assert sum(len(one.text) for one in pieces) < 33_000


def test_without_the_message_there_are_frames_alone() -> None:
    """Neither what it says nor what it was raised from."""
    [one] = traceback_of(chained(), message=False)
    assert one.text.startswith('  File "')
    assert 1 == one.text.count("File")
    assert "third" not in one.text


def test_a_fault_in_what_an_exception_says_is_said() -> None:
    """Its author's, and no reason to fail."""

    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert Excerpt("<no text: RuntimeError>") == message_of(OddError())
    assert "OddError: <exception str() failed>" in traceback_of(OddError())[0].text

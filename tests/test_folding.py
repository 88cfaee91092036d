"""Of a traceback the app's own frames stay, whole; those of libraries are a line."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import traceback
from traceback import FrameSummary

import anyio
import pytest

from asgi_mw.crashes import note_logged
from asgi_mw.folding import Folded, fold, library_of
from asgi_mw.redaction import DEFAULT
from asgi_mw.tracebacks import traceback_text


def raised(function: object, *args: object) -> BaseException:
    """What *function* raises, as it was caught here."""
    try:
        function(*args)  # type: ignore[operator]  # it raises, whatever it is
    except BaseException as error:  # noqa: BLE001  # it is given back
        return error
    raise AssertionError


def folded(error: BaseException) -> list[str]:
    """The lines of its traceback, without positions and what marks them."""
    text = traceback_text(error, DEFAULT.text, fold)
    lines = [line.strip() for line in text.split("\n") if set(line.strip()) - set("^~")]
    return [re.sub(r'File ".*/(\w+\.py)", line \d+', r"\1", line) for line in lines]


def own() -> None:
    """Be the app's own."""
    json.loads("{")


def test_frames_of_libraries_are_one_line() -> None:
    """Those of the app are as Python prints them."""
    error = raised(lambda: asyncio.run(later()))
    assert folded(error) == [
        "Traceback (most recent call last):",
        "test_folding.py, in raised",
        "function(*args)  # type: ignore[operator]  # it raises, whatever it is",
        "test_folding.py, in <lambda>",
        "error = raised(lambda: asyncio.run(later()))",
        "… 3 frames of asyncio",
        "test_folding.py, in later",
        "own()",
        "test_folding.py, in own",
        'json.loads("{")',
        "… 3 frames of json",
        f"json.decoder.JSONDecodeError: {error}",
    ]
    shown = str(traceback_text(error, DEFAULT.text, fold))
    whole = "".join(traceback.format_exception(error))
    frames = [line for line in shown.split("\n") if line.startswith('    File "')]
    assert all(f"{frame[2:]}\n" in whole for frame in frames)


async def later() -> None:
    """Be called by a library."""
    own()


def test_where_all_are_a_librarys_the_last_one_stays() -> None:
    """It is where it was raised."""
    error = raised(json.loads, "{")
    assert error.__traceback__ is not None
    error = error.with_traceback(error.__traceback__.tb_next)

    first, line, frame, *_ = folded(error)
    assert (first, line) == ("Traceback (most recent call last):", "… 2 frames of json")
    assert frame == "decoder.py, in raw_decode"


def test_an_app_that_is_installed_as_a_package_is_shown() -> None:
    """As in most containers: by its files it is a library, but none of the usual ones."""
    packages = "/srv/venv/lib/python3.12/site-packages"
    shop = FrameSummary(f"{packages}/shop/views.py", 7, "crash", line="json.loads('{')")
    starlette = FrameSummary(f"{packages}/starlette/routing.py", 1, "app", line="await it()")
    decoder = FrameSummary(json.decoder.__file__, 355, "raw_decode", line="raise it")

    lines = Folded([starlette, starlette, shop, decoder]).format()

    assert lines == [
        "  … 2 frames of starlette\n",
        f"  File \"{packages}/shop/views.py\", line 7, in crash\n    json.loads('{{')\n",
        "  … 1 frame of json\n",
    ]


def test_a_chain_is_folded_in_each_link() -> None:
    """Causes as well."""

    def chained() -> None:
        try:
            own()
        except ValueError as cause:
            raise LookupError("second") from cause

    lines = folded(raised(chained))
    assert lines.count("Traceback (most recent call last):") == 2
    assert lines.count("… 3 frames of json") == 1
    assert lines[-1] == "LookupError: second"


def test_a_cause_that_was_logged_is_named() -> None:
    """Its traceback is above, once."""
    cause = raised(own)
    note_logged(cause)

    def chained() -> None:
        raise LookupError("second") from cause

    lines = folded(raised(chained))
    assert lines.count("Traceback (most recent call last):") == 1
    assert lines[1] == "(traceback above)"
    assert lines[-1] == "LookupError: second"


def test_what_a_library_was_handling_by_itself_is_named() -> None:
    """Nexios reads a stream to its end before it raises what the handler raised."""

    def within() -> None:
        send, receive = anyio.create_memory_object_stream[int](1)
        send.close()
        with receive:
            receive.receive_nowait()

    inner = raised(within)
    while (
        inner.__traceback__ is not None
        and library_of(inner.__traceback__.tb_frame.f_code.co_filename) is None
    ):
        inner.__traceback__ = inner.__traceback__.tb_next
    error = raised(own)
    error.__context__ = inner

    lines = folded(error)
    assert lines[0] == "anyio.EndOfStream"
    assert lines.count("Traceback (most recent call last):") == 1


def test_a_group_is_folded_in_each_that_it_holds() -> None:
    """And what of it was logged is named."""
    known = raised(json.loads, "[")
    note_logged(known)

    def grouped() -> None:
        raise BaseExceptionGroup("several", [raised(own), known])

    text = str(traceback_text(raised(grouped), DEFAULT.text, fold))
    assert "+ Exception Group Traceback (most recent call last):" in text
    assert text.count("Traceback (most recent call last):") == 2
    assert text.count("… 3 frames of json") == 1
    assert "(traceback above)" in text


def test_an_error_that_is_its_own_cause_comes_to_an_end() -> None:
    """Nobody should, and somebody does."""
    error = raised(own)
    error.__cause__ = other = raised(own)
    other.__context__ = error
    assert folded(error)[-1].startswith("json.decoder.JSONDecodeError")


@pytest.mark.parametrize(
    ("file", "library"),
    [
        ("/home/me/shop.py", None),
        ("<string>", None),
        ("<stdin>", None),
        (__file__, None),
        (anyio.__file__, "anyio"),
        ("/app/.venv/lib/python3.13/site-packages/six.py", "six"),
        ("/usr/lib/python3/dist-packages/yaml/loader.py", "yaml"),
        (r"C:\shop\.venv\Lib\site-packages\starlette\routing.py", "starlette"),
        (logging.__file__, "logging"),
        (os.__file__, "os"),
        ("<frozen importlib._bootstrap>", "importlib"),
        ("<asgi_mw: access_log #1>", "asgi_mw"),
        (fold.__code__.co_filename, "asgi_mw"),
    ],
)
def test_a_library_is_known_by_its_file(file: str, library: str | None) -> None:
    """What is installed, the standard library and this package."""
    assert library_of(file) == library

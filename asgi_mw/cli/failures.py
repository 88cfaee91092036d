"""Turn what may go wrong into one message that says what to do, and an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from asgi_mw.errors import AsgiMwError, ConfigError, StoreError
from asgi_mw.printable import printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator


# The exit status where the store, or a part of it, could not be read or purged
TROUBLE = 2


class _StoreFailure(click.ClickException):
    exit_code = TROUBLE


@contextmanager
def said() -> Iterator[None]:
    """Let click say what is wrong: exit status 2 for wrong options and bad stores, otherwise 1.

    A reader that goes away, as in ``| head``, is no failure.
    """
    try:
        yield
    except BrokenPipeError:
        # Python flushes stdout once more as it exits:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
    except ConfigError as error:
        raise click.UsageError(printable_lines(str(error))) from None
    except StoreError as error:
        raise _StoreFailure(printable_lines(str(error))) from None
    except AsgiMwError as error:
        raise click.ClickException(printable_lines(str(error))) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        what = error.strerror or str(error) or type(error).__name__  # a timeout says nothing
        words = " ".join([f"{where}{what}", *getattr(error, "__notes__", ())])
        raise click.ClickException(printable_lines(words)) from None

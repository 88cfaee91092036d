"""Say on a terminal how far long work has come, in one line that goes away at the end."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from types import TracebackType

# Seconds between two lines, and before the first one: shorter work shows none
_EVERY = 0.2
_BAR = 24
_CLEAR = "\r\x1b[K"


class Progress:
    """Counts; shows it on stderr, if that is a terminal.

    Args:
        noun: What is counted, as ``"exchanges judged"``.
        total: How many there are, if that is known: then a bar says how far it is.
        shows: Whether to show anything; ``False`` where something else is printed meanwhile.
    """

    def __init__(self, noun: str, total: int = 0, *, shows: bool = True) -> None:
        self._noun = noun
        self._total = total
        self._count = 0
        self._shows = shows and sys.stderr.isatty()
        self._shown = False
        self._next = monotonic() + _EVERY

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the line away."""
        self.clear()

    def clear(self) -> None:
        """Take the line away, so that others can be printed; a later step shows it again."""
        if self._shown:
            self._shown = False
            click.echo(_CLEAR, err=True, nl=False)

    def step(self) -> None:
        """Count one more."""
        self._count += 1
        if self._shows and monotonic() >= self._next:
            self._next = monotonic() + _EVERY
            self._shown = True
            click.echo(f"{_CLEAR}{self._line()}", err=True, nl=False)

    def _line(self) -> str:
        if not self._total:
            return f"{self._count:,} {self._noun} …"
        share = min(self._count / self._total, 1.0)
        bar = "#" * int(share * _BAR)
        return f"[{bar:-<{_BAR}}] {share:4.0%}  {self._count:,} of {self._total:,} {self._noun}"

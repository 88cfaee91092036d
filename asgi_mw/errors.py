"""Errors that say what is wrong, and how to fix it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one option.

    >>> print(Problem("header", "x y", "a space is no part of a header name", "write 'x-y'"))
    header='x y': a space is no part of a header name; write 'x-y'
    """

    option: str
    value: object
    reason: str
    mend: str

    def __str__(self) -> str:
        """Say the option, its value, what is wrong and how to fix it, in one line."""
        return f"{self.option}={_shown(self.value)}: {self.reason}; {self.mend}"


class AsgiMwError(Exception):
    """The base class of all exceptions that this package raises itself."""


class ConfigError(AsgiMwError, ValueError):
    """A layer, stack or store got options that it cannot work with.

    Raised while you put the application together, never while it serves.  It reports
    everything that is wrong with one call.

    Attributes:
        where: The call, as ``"timing"`` or ``"stack"``.
        problems: What is wrong, at least one.
    """

    def __init__(self, where: str, problems: tuple[Problem, ...]) -> None:
        self.where = where
        self.problems = problems
        super().__init__(where, problems)

    def __str__(self) -> str:
        """Say every problem, one a line when there are several."""
        if len(self.problems) == 1:
            return f"{self.where}: {self.problems[0]}"
        return "\n  ".join(
            [f"{self.where}: {len(self.problems)} problems", *map(str, self.problems)]
        )


class MissingExtraError(AsgiMwError, ImportError):
    """An optional package is needed here and is not installed.

    Attributes:
        what: What is missing.
        extra: The extra that brings it, as in ``pip install "asgi-mw[cli]"``.
    """

    def __init__(self, what: str, extra: str) -> None:
        self.what = what
        self.extra = extra
        super().__init__(what, extra)

    def __str__(self) -> str:
        """Say what is missing and how to get it."""
        return f'{self.what} is not installed; install it with: pip install "asgi-mw[{self.extra}]"'

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        """Survive pickling, as between a worker process and its parent."""
        return type(self), (self.what, self.extra)


class StoreError(AsgiMwError):
    """A store cannot be opened or read; the message says which file and what to do.

    Attributes:
        problems: If several files could not be read: what is wrong with each, and what to do.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        self.problems = problems
        super().__init__(message, problems)

    def __str__(self) -> str:
        """The message, and each problem."""
        return "; ".join([str(self.args[0]), *self.problems])


@dataclass(slots=True)
class Problems:
    """Collects what is wrong with one call, so that all of it is reported together.

    >>> problems = Problems("timing")
    >>> problems.add("metric", "", "is empty", "name it, as metric='app'")
    >>> problems.check()
    Traceback (most recent call last):
    asgi_mw.errors.ConfigError: timing: metric='': is empty; name it, as metric='app'
    """

    where: str
    found: list[Problem] = field(default_factory=list)

    def add(self, option: str, value: object, reason: str, mend: str) -> None:
        """Note one problem."""
        self.found.append(Problem(option, value, reason, mend))

    def check(self) -> None:
        """Go on if nothing is wrong.

        Raises:
            ConfigError: Something is; it holds every problem noted so far.
        """
        if self.found:
            raise ConfigError(self.where, tuple(self.found))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."

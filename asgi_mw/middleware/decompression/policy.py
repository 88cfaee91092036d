"""Compile the options of decompression, once, and read what a request says about its coding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_mw.codings import LEVELS, library
from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.headers import find, find_all, is_token, members, without
from asgi_mw.options import integer, number, skipper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.headers import Headers, Pair
    from asgi_mw.types import Scope

# Headers about the encoded bytes, which would be wrong for the decoded ones (RFC 9530, RFC 3230)
_OF_CODED = (
    b"content-encoding", b"content-length", b"content-digest", b"repr-digest", b"digest",
    b"content-md5",
)  # fmt: skip
_MOST_DIGITS = 19
# The size that a body may have in any case, whatever its ratio, in bytes
GRACE = 65_536


@dataclass(frozen=True, slots=True)
class Policy:
    """The compiled options of :func:`asgi_mw.decompression`.

    Attributes:
        accepted: The codings that are decoded here, by the names that clients use.
        accept_encoding: The same, as the value of a header.
        max_size, max_ratio, max_codings, buffer: As they were given.
        lets_pass: A body that is not decoded here is left as it is.
        skips: Decides whether a request is left alone.
    """

    accepted: dict[bytes, str]
    accept_encoding: bytes
    max_size: int
    max_ratio: float
    max_codings: int
    buffer: int | None
    lets_pass: bool
    skips: Callable[[Scope], bool] | None

    @property
    def most_coded(self) -> int:
        """Encoded bytes beyond which a body is refused, whatever they decode to."""
        return 2 * self.max_size + GRACE  # members may decode to nothing, and so does padding

    def supports(self, names: list[bytes]) -> bool:
        """Whether a body to which the codings *names* were applied is decoded here."""
        return len(names) <= self.max_codings and all(name in self.accepted for name in names)

    def lacks(self, names: list[bytes]) -> str:
        """Why a body to which the codings *names* were applied is not decoded here."""
        if len(names) > self.max_codings:
            return f"{len(names)} codings are over max_codings={self.max_codings}"
        name = next(name for name in names if name not in self.accepted)
        shown = f" {name[:64].decode('latin-1')}" if is_token(name) else ""
        return f"coding{shown} is none of {self.accept_encoding.decode()}"


@dataclass(frozen=True, slots=True)
class Upload:
    """What a request says of its body.

    Attributes:
        codings: Its codings, in the order they were applied.
        size: The encoded size, if it was announced.
        waits: The client waits for a 100 before it sends the body (RFC 9110 10.1.1).
        http1: On its connection, the next request follows the body.
    """

    codings: list[bytes]
    size: int | None
    waits: bool
    http1: bool


def compiled(
    encodings: Iterable[str],
    *,
    max_size: int = 10_485_760,
    max_ratio: float = 200,
    max_codings: int = 3,
    buffer: int | None = None,
    unknown: str = "refuse",
    skip: Callable[[Scope], bool] | Iterable[str] = (),
) -> Policy:
    """The options as a policy.

    Raises:
        ConfigError: Some of them are wrong; it reports all of these.
    """
    problems = Problems("decompression")
    names = _names(encodings, problems)
    size = integer(max_size, "max_size", problems, least=1)
    ratio = number(max_ratio, "max_ratio", problems, least=1)
    most = integer(max_codings, "max_codings", problems, least=1, most=10)
    ahead = None if buffer is None else integer(buffer, "buffer", problems, most=1 << 24)
    if unknown not in ("refuse", "pass"):  # a tuple: the value may not be hashable
        problems.add("unknown", unknown, "is no choice", 'write "refuse" or "pass"')
    skips = (
        skipper(skip, problems, Faults("decompression")) if callable(skip) or skip != () else None
    )
    problems.check()
    accepted = {name.encode(): name for name in names}
    if "gzip" in names:
        accepted[b"x-gzip"] = "gzip"  # RFC 9110 8.4.1.3: equivalent
    accept = ", ".join(names).encode()
    return Policy(accepted, accept, size, ratio, most, ahead, unknown == "pass", skips)


def applied(headers: Headers) -> list[bytes]:
    """The codings of a request body in the order they were applied, without ``identity``.

    >>> applied([(b"content-encoding", b"Br, identity"), (b"Content-Encoding", b"x-gzip")])
    [b'br', b'x-gzip']
    """
    lines = find_all(headers, b"content-encoding")
    if not lines:
        return lines
    names = (member.lower() for line in lines for member in members(line))
    return [name for name in names if name != b"identity"]


def announced(headers: Headers) -> int | None:
    """The encoded size that ``Content-Length`` says; ``None`` if it is not known.

    >>> announced([(b"content-length", b"12")]), announced([(b"content-length", b"+1")])
    (12, None)
    """
    lines = find_all(headers, b"content-length")
    if len(lines) != 1 or len(lines[0]) > _MOST_DIGITS or not lines[0].isdigit():
        return None
    return int(lines[0])


def upload(scope: Scope, headers: Headers, codings: list[bytes], size: int | None) -> Upload:
    """What the request in *scope* says about its body, with its known *codings* and *size*."""
    http1 = str(scope.get("http_version", "1.1")).startswith("1")
    return Upload(codings, size, find(headers, b"expect") is not None, http1)


def decoded(headers: Headers, size: int | None) -> list[Pair]:
    """*headers* without those about the encoded bytes, and with the decoded *size* if known."""
    for name in _OF_CODED:
        headers = without(headers, name)
    return [*headers, (b"content-length", b"%d" % size)] if size is not None else [*headers]


def _names(encodings: Iterable[str], problems: Problems) -> list[str]:
    """The names of known codings whose library is installed."""
    mend = f"choose from {', '.join(LEVELS)}"
    if isinstance(encodings, (str, bytes)) or not hasattr(encodings, "__iter__"):
        problems.add("encodings", encodings, "a list of codings is meant", mend)
        return []
    names = []
    for name in encodings:
        if not isinstance(name, str) or name not in LEVELS:
            problems.add("encodings", name, "is no coding of this layer", mend)
        elif name not in names:
            names.append(name)
    installed = [name for name in names if library(name) is not None]
    if not installed and not problems.found:
        reason = "holds no coding that is installed"
        problems.add("encodings", names, reason, 'name "gzip", or pip install "asgi-mw[compress]"')
    return installed

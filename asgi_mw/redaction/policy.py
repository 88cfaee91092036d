"""What is secret and how it is masked, as one frozen policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from asgi_mw.errors import Problems
from asgi_mw.redaction.bodies import MaskedBody, mask_body
from asgi_mw.redaction.forms import form_spans, is_plain
from asgi_mw.redaction.headers import header_pairs, subprotocols
from asgi_mw.redaction.known import LONGEST, Known
from asgi_mw.redaction.names import compile_names, noted, squashed
from asgi_mw.redaction.paths import masked_path
from asgi_mw.redaction.plausible import plausible_spans
from asgi_mw.redaction.scopes import mask_scope
from asgi_mw.redaction.spans import WHOLE, Piece, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.redaction.names import Names

RedactOption: TypeAlias = "Redaction | Iterable[str] | None"
"""What the ``redact`` option of a layer may be."""

_BODIES = ("redacted", "raw", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Masks secrets in headers, queries, bodies and text.

    Names are compared without case and separators; passwords, tokens, keys, sessions, cookies,
    card numbers and their like are secret by default.  Every method is total: it takes any
    input of its type, in linear time, and raises nothing.

    What is given to be masked may be a piece of something longer: *cut* says that its end is
    missing, *headless* that its beginning is.  What may be part of a secret there is masked,
    because what would show that it is one may be in the missing part.

    Args:
        names: Names of headers, query parameters, fields and JSON members that are secret too.
        show: Names that are never masked.
        bodies: ``"redacted"``, ``"raw"`` for bodies as they are, ``"none"`` for no body bytes.
        decoded_limit: The most bytes that a compressed body is decoded to.

    Raises:
        ConfigError: An option has the wrong type or value.

    >>> policy = Redaction(names=["iban"], show=["csrf_token"])
    >>> policy.query(b"iban=DE02&csrf_token=1&page=2")
    (b'iban=[redacted]&csrf_token=1&page=2', ('iban',))
    """

    names: Iterable[str] = ()
    show: Iterable[str] = ()
    bodies: Literal["redacted", "raw", "none"] = "redacted"
    decoded_limit: int = 1 << 18
    secret: Names = field(init=False, repr=False, compare=False)
    known: Known = field(init=False, repr=False, compare=False, default_factory=Known)

    def __post_init__(self) -> None:
        """Check the options and compile the names."""
        problems = Problems("Redaction")
        for option in ("names", "show"):
            object.__setattr__(self, option, _names(problems, option, getattr(self, option)))
        if self.bodies not in _BODIES:
            problems.add("bodies", self.bodies, "is no known way", f"write one of {_BODIES}")
        limit: object = self.decoded_limit
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            problems.add("decoded_limit", limit, "is no number of bytes", "write 1 or more")
        problems.check()
        object.__setattr__(self, "secret", compile_names(self.names, self.show))

    def headers(
        self, pairs: Iterable[Any], *, cut: bool = False, headless: bool = False
    ) -> tuple[list[Any], tuple[str, ...]]:
        """Mask header pairs, and name what was masked.

        ``Authorization`` keeps its scheme, a cookie its name and attributes, a URL all but user
        information and secret parameters.  Malformed pairs keep their form.

        Args:
            pairs: Header pairs.
            cut: The end of each value is missing.
            headless: The beginning of each value is missing.

        >>> Redaction().headers([(b"authorization", b"Bearer x"), (b"accept", b"*/*")])
        ([(b'authorization', b'Bearer [redacted]'), (b'accept', b'*/*')], ('authorization',))
        """
        names: list[str] = []
        shown = header_pairs(pairs, self.secret, names, self.known, _piece(cut, headless))
        return shown, noted(names) if names else ()

    def subprotocols(self, values: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
        """Mask tokens among WebSocket subprotocols, and say whether there were any."""
        names: list[str] = []
        return subprotocols(values, self.secret, names), noted(names)

    def query(
        self, query: bytes, *, cut: bool = False, headless: bool = False
    ) -> tuple[bytes, tuple[str, ...]]:
        """Mask secret values of a query string byte for byte, and name them.

        Args:
            query: The query.
            cut: Its end is missing.
            headless: Its beginning is missing.

        >>> Redaction().query(b"zzz&page=2", headless=True)
        (b'[redacted]&page=2', ('cut',))
        """
        if not (cut or headless) and is_plain(query, self.secret):
            return query, ()
        text = query.decode("latin-1")
        spans = form_spans(text, self.secret, cut=cut, headless=headless)
        if not spans:
            return query, ()
        return masked(text, spans).encode("latin-1"), noted(span.name for span in spans)

    def path(self, path: str, *, cut: bool = False, headless: bool = False) -> str:
        """Mask secrets in the path of a URL, percent-encoded as it came or not.

        Args:
            path: The path.
            cut: Its end is missing.
            headless: Its beginning is missing.

        >>> Redaction().path("/reset/token%3Dabc")
        '/reset/token=[redacted]'
        """
        return masked_path(path, self.secret, [], _piece(cut, headless))

    def text(self, text: str, *, cut: bool = False, headless: bool = False) -> str:
        """Mask secrets in free text: tracebacks, close reasons, messages.

        Args:
            text: The text.
            cut: Its end is missing.
            headless: Its beginning is missing.

        >>> Redaction().text("cannot log in with password='x y' at https://me:pw@host/")
        "cannot log in with password='[redacted]' at https://[redacted]@host/"
        """
        whole = not (cut or headless)
        if whole and text in self.known.texts:
            return text
        spans = plausible_spans(text, self.secret, cut=cut, headless=headless)
        if whole and not spans:
            self.known.note_text(text)
        return masked(text, spans)

    def scope(self, scope: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Mask a snapshot of a scope, and name what was masked.

        What a framework or a server put into it is masked by name, at any depth.
        """
        return mask_scope(scope, self.secret, self.known)

    def body(
        self,
        pieces: Sequence[bytes],
        *,
        content_type: bytes = b"",
        content_encoding: bytes = b"",
        cut: bool = False,
        headless: bool = False,
    ) -> MaskedBody:
        """Mask the recorded pieces of one HTTP body, keeping the borders between them.

        Args:
            pieces: What is kept of the body, one piece for each message.
            content_type: The header's value.
            content_encoding: The header's value; pieces are returned decoded.
            cut: The body went on, so what may be half a secret at the end counts as one.
            headless: The body had begun before, so what may be half a secret there counts as one.

        >>> Redaction().body([b'{"pin": "12', b'34"}'], content_type=b"application/json").pieces
        (b'{"pin": "[redacted]"', b'}')
        """
        if self.bodies == "none":
            return MaskedBody(None, reason="no bodies are kept")
        if self.bodies == "raw":
            return MaskedBody(tuple(pieces))
        # Short answers come again and again: states, errors, and the same to every replay
        short = not (cut or headless or content_encoding) and sum(map(len, pieces)) <= LONGEST
        whole = (content_type, b"".join(pieces)) if short else None
        if whole in self.known.bodies:
            return MaskedBody(tuple(pieces))
        found = mask_body(
            pieces,
            self.secret,
            content_type=content_type.decode("latin-1"),
            content_encoding=content_encoding.decode("latin-1"),
            piece=_piece(cut, headless),
            decoded_limit=self.decoded_limit,
        )
        if whole is not None and found.pieces == tuple(pieces):
            self.known.note_body(whole)
        return found

    def message(self, data: bytes, *, cut: bool = False, headless: bool = False) -> MaskedBody:
        """Mask one WebSocket message, its text as UTF-8: one piece, or ``None`` if it is binary.

        A message does not say its type: what any plausible reader takes for a secret is masked.

        Args:
            data: The message.
            cut: Its end is missing.
            headless: Its beginning is missing.

        >>> Redaction().message(b'{"token": "x"}').pieces
        (b'{"token": "[redacted]"}',)
        """
        return self.body([data], cut=cut, headless=headless)


def _piece(cut: bool, headless: bool) -> Piece:  # noqa: FBT001  # as they are given
    return Piece(cut, headless) if cut or headless else WHOLE


def redaction_of(option: RedactOption, name: str, problems: Problems) -> Redaction:
    """Make a policy of the option of a layer.

    Args:
        option: A policy, more secret names for the default one, or ``None`` for the default.
        name: The name of the option.
        problems: Takes what is wrong with it; the default stands in.

    >>> redaction_of(["iban"], "redact", Problems("record")).names
    ('iban',)
    """
    if option is None:
        return DEFAULT
    if isinstance(option, Redaction):
        return option
    before = len(problems.found)
    names = _names(problems, name, option)
    return Redaction(names=names) if len(problems.found) == before else DEFAULT


def _names(problems: Problems, option: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        problems.add(option, value, "is no list of names", f'write {option}=["{value}"]')
        return ()
    if not isinstance(value, Iterable) or isinstance(value, (bytes, Mapping)):
        problems.add(option, value, "is no list of names", f'write {option}=["name", ...]')
        return ()
    names = tuple(value)
    for name in names:
        if not isinstance(name, str) or not squashed(name):
            problems.add(option, name, "is no name", "write letters or digits as a str")
    return names


DEFAULT = Redaction()

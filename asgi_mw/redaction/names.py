"""Which names are secret: of headers, cookies, query and form fields, and JSON members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import unquote

from asgi_mw.caches import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

IsSecret: TypeAlias = "Callable[[str], bool]"
"""Says whether a name is secret."""

# A name is secret if one of these is a word of it: `x-auth-token`, `tokenValue`, `user[pin]`.
_WORDS = frozenset(
    """apikey auth authorization bearer cookie cookies credential credentials creds csc csrf cvc cvv
    jwt otp pan pass passcode passphrase passwd password passwords passwort pin pw pwd secret
    secrets session sid sig signature ssn token totp xsrf""".split()  # noqa: SIM905  # words read best as words
)

# ... or if it holds one of these once its separators are gone: `AWSAccessKeyId`, `clientsecret`.
_JOINED = re.compile(
    r"pass(?:word|wort|wd|phrase|code)|secret(?!ar)|credential|authorization|"
    r"(?:access|account|api|auth|encryption|function|functions|master|private|session|shared|"
    r"signing|storage|subscription|webhook)keys?|"
    r"card[a-z]{0,16}(?:number|no$)|cardnum|creditcard|ccnum|securitycode|socialsecurity|"
    r"samlresponse|codeverifier|onetimecode|sess(?:ion)?id$|"
    r"(?:access|auth|bearer|csrf|refresh|session)tokens$|(?:assertion|cookie|jwt|pwd|signature|token)$"
)

# `token_type` and `password_length` speak about a secret without holding it; so does the name of
# an exception, which a traceback writes before a colon: `InvalidTokenError: ...`.
_HARMLESS_ENDINGS = frozenset(
    """alg algorithm at count enabled endpoint error exception expires expiry in length limit method
    name policy rate required santa ttl type uri url warning""".split()  # noqa: SIM905  # words read best as words
)

# A name without any of these is only secret if it was added: most names are decided by this.
_HINT = re.compile(
    r"a(?:ssertion|uth)|bearer|c(?:[sv]c|ard|cnum|o(?:de|okie)|red|srf|vv)|jwt|key|otp"
    r"|p(?:a[ns]|in|w)|s(?:amlresponse|ec(?:ret|urity)|ess|i[dg]|sn)|token|xsrf"
)


class _Outer(NamedTuple):
    """What hints at an outer name among names in quotes: *parts* of a name, or *all* of one."""

    parts: tuple[bytes, ...]
    all: frozenset[bytes]


def _ending(words: str) -> _Outer:
    """The hints at outer names that have one of *words*, or may be the last part of one."""
    whole = words.encode().split()
    ends = {word[cut:] for word in whole for cut in range(1, len(word))}
    return _Outer(tuple(whole), frozenset(ends | {end + b"s" for end in ends}))


# Names that are secret only within certain others, and what hints at those among all names.
# The outer names are put together: a word may be spread over several of them, `{"se": {"ss":`.
INNER = {
    **dict.fromkeys(
        ("number", "no", "num"),
        _Outer(
            tuple(b'card cc "ard "rd car" cars"'.split()), frozenset(b"ar ars r rs c cs".split())
        ),
    ),
    **dict.fromkeys(
        ("key", "keys"),
        _ending(
            "access account api auth encryption function master private session shared signing"
            " storage subscription webhook"
        ),
    ),
    "id": _ending("sess session"),
    "code": _ending("onetime pass security"),
    "card": _ending("credit"),
    "security": _ending("social"),
    "response": _ending("saml"),
}
_INNER = frozenset(INNER)
_MOST_OUTER = 3

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Between these, what several names put together spell is a word of its own
_PARTS_WORDS = re.compile(r"[\d\x80-\U0010ffff]")
_SEPARATORS = re.compile(r"[\W_]+")
_PATH = re.compile(r"[\[\].]+")
_UNPRINTED = re.compile(r"[^\w.\[\]-]+")

# What each byte is in a bare text
_BARE = bytes(range(256)).lower().translate(bytes.maketrans(b"0123456789", b"0" * 10))
_DROPPED = bytes(byte for byte in range(256) if not bytes([byte]).isalnum())
_DROPPED_IN_QUOTES = _DROPPED.replace(b'"', b"")

_CACHED_NAMES = 1024
_CACHED_NAME_LENGTH = 64  # names come from the client: the cache is bounded in bytes as well
_NOTED_NAMES = 32


def squashed(name: str) -> str:
    """Spell *name* without case and separators.

    >>> squashed("X-Api_Key"), squashed("xApiKey")
    ('xapikey', 'xapikey')
    """
    return _SEPARATORS.sub("", name).lower()


def bare(text: str, dropped: bytes = _DROPPED) -> bytes:
    """Keep of *text* only its ASCII letters in lower case, and a zero for each digit.

    >>> bare("Tel-No: 42")
    b'telno00'
    """
    return text.encode("latin-1", "replace").translate(_BARE, dropped)


def compile_names(names: Iterable[str] = (), show: Iterable[str] = ()) -> Names:
    """Make the test for secret names.

    Args:
        names: Secret besides the built-in ones; also as the last name of a path: ``card[iban]``.
        show: Never secret.

    >>> secret = compile_names(names=["iban"], show=["csrf-token"])
    >>> [secret(name) for name in ("clientSecret", "card[iban]", "api%5Fkey", "AWSAccessKeyId")]
    [True, True, True, True]
    >>> [secret(name) for name in ("csrf_token", "max_tokens", "token_type", "author", "key")]
    [False, False, False, False, False]
    """
    return Names(frozenset(map(squashed, names)), frozenset(map(squashed, show)))


class Names(dict[str, bool]):
    """Says which names are secret; looking up one of the latest again runs no code of ours.

    Attributes:
        hint: Found in the :func:`bare` bytes of each text with a secret name, or a word that
            announces credentials.
        with_digits: An added or shown name has digits, so that digits of names matter.
    """

    __slots__ = ("_added", "_shown", "hint", "with_digits")

    def __init__(self, added: frozenset[str], shown: frozenset[str]) -> None:
        super().__init__()
        self._added = added
        self._shown = shown
        listed = "".join(added | shown)
        self.with_digits = any(digit in listed for digit in "0123456789")
        hints = [_HINT.pattern, "basic"]
        # What is not ASCII has no bare bytes: the empty hint is found everywhere
        hints += [bare(name).decode() if name.isascii() else "" for name in added]
        self.hint = re.compile("|".join(hints).encode())

    if TYPE_CHECKING:  # otherwise its type would be unknown

        def __call__(self, name: str) -> bool:
            """Say whether *name* is secret."""

    else:
        __call__ = dict.__getitem__

    def __missing__(self, name: str) -> bool:
        """Decide on *name*, and remember it unless it is long."""
        decision = self._decide(name)
        if len(name) <= _CACHED_NAME_LENGTH:
            keep(self, name, decision, _CACHED_NAMES)
        return decision

    def _decide(self, name: str) -> bool:
        name = _decoded(name)
        joined = squashed(name)
        if not (self._added or self._shown):
            if _HINT.search(joined) is None:
                return False
        else:
            last = squashed(_PATH.split(name.rstrip("]"))[-1])
            if joined in self._shown or last in self._shown:
                return False
            if joined in self._added or last in self._added:
                return True
        words = [word.lower() for word in _WORD.findall(name)]
        if not words or words[-1] in _HARMLESS_ENDINGS or joined.startswith("accesscontrol"):
            return False
        return not _WORDS.isdisjoint(words) or _JOINED.search(joined) is not None

    def may_nest(self, names: Collection[str]) -> bool:
        """Whether one of *names*, which hold no quotes, may be secret within others of them.

        >>> secret = compile_names()
        >>> secret.may_nest({"id", "card", "number"}), secret.may_nest({"id", "user"})
        (True, False)
        """
        inner = _INNER.intersection(map(str.lower, names))
        if not inner:
            return False
        if max(map(len, names)) > _CACHED_NAME_LENGTH:
            return True
        joined = '"'.join(names)
        if _PARTS_WORDS.search(joined):
            return True
        quoted = bare(f'"{joined}"', _DROPPED_IN_QUOTES)
        bared = set(quoted.split(b'"'))
        for one in inner:
            hints, whole = INNER[one]
            if not whole.isdisjoint(bared):
                return True
            for hint in hints:
                if hint in quoted:
                    return True
        return bool(self._added) and any(added.endswith((*inner,)) for added in self._added)


def secret_within(name: str, outer: Sequence[str], secret: IsSecret) -> bool:
    """Whether *name*, not secret alone, is secret as a member of *outer*, the innermost last.

    >>> secret = compile_names()
    >>> secret_within("number", ["payment", "card"], secret), secret_within("id", ["user"], secret)
    (True, False)
    """
    inner, path = name.lower(), ""
    if not outer or inner not in INNER:
        return False
    for one in reversed(outer[-_MOST_OUTER:]):
        step = squashed(one[:_CACHED_NAME_LENGTH])
        path = (step if step.endswith("ss") else step.removesuffix("s")) + path
        # An outer name that is secret without the inner one is masked as a whole anyway
        if _JOINED.search(path) is None and secret(path + inner):
            return True
    return False


def noted(names: Iterable[str]) -> tuple[str, ...]:
    """Name what was masked: each once, in order, bounded in number and length.

    >>> noted(["Token", "", "password", "token"])
    ('token', 'password')
    """
    kept: dict[str, None] = {}
    for name in names:
        if name and len(kept) < _NOTED_NAMES:
            kept[_UNPRINTED.sub("_", name[:_CACHED_NAME_LENGTH].lower())] = None
    return tuple(kept)


def _decoded(name: str) -> str:
    if "%" in name:  # twice, for a URL that was itself put into a query
        name = unquote(unquote(name))
    if not name.isascii():  # bytes are scanned as Latin-1; the name may have been UTF-8
        try:
            name = name.encode("latin-1").decode()
        except UnicodeError:
            return name
    return name

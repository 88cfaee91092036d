"""Which names are secret: of headers, cookies, query and form fields, and JSON members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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

# Letters without which no name is secret but one that was added: most names are decided by this.
_HINT = re.compile(
    r"assertion|auth|bearer|c[sv]c|card|ccnum|code|cookie|cred|csrf|cvv|jwt|key|otp|pa[ns]|pin|pw"
    r"|samlresponse|secret|security|sess|sid|sig|ssn|token|xsrf"
)
# Names that only what they stand within makes secret, and what that must hold: `card[number]`.
INNER = {
    **dict.fromkeys(("number", "no", "num"), re.compile("c(?:ard|c)")),
    **dict.fromkeys(
        ("key", "keys"),
        re.compile(
            "access|account|api|auth|encr|function|master|private|sess|shar|sign|stor|subs|webhook"
        ),
    ),
    "id": re.compile("sess"),
    "code": re.compile("onetime|pass|security"),
    "card": re.compile("credit"),
    "security": re.compile("social"),
    "response": re.compile("saml"),
}
_MOST_OUTER = 3

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SEPARATORS = re.compile(r"[\W_]+")
_PATH = re.compile(r"[\[\].]+")
_UNPRINTED = re.compile(r"[^\w.\[\]-]+")

_CACHED_NAMES = 1024
_CACHED_NAME_LENGTH = 64  # names come from the client: the cache is bounded in bytes as well
_NOTED_NAMES = 32


def squashed(name: str) -> str:
    """Spell *name* without case and separators.

    >>> squashed("X-Api_Key"), squashed("xApiKey")
    ('xapikey', 'xapikey')
    """
    return _SEPARATORS.sub("", name).lower()


def compile_names(names: Iterable[str] = (), show: Iterable[str] = ()) -> IsSecret:
    """Make the test for secret names.

    Args:
        names: IsSecret besides the built-in ones; a name of the path in ``card[iban]`` counts too.
        show: Never secret.

    >>> secret = compile_names(names=["iban"], show=["csrf-token"])
    >>> [secret(name) for name in ("clientSecret", "card[iban]", "api%5Fkey", "AWSAccessKeyId")]
    [True, True, True, True]
    >>> [secret(name) for name in ("csrf_token", "max_tokens", "token_type", "author", "key")]
    [False, False, False, False, False]
    """
    added = frozenset(map(squashed, names))
    shown = frozenset(map(squashed, show))

    listed = added | shown

    def decide(name: str) -> bool:
        name = _decoded(name)
        joined = squashed(name)
        if not listed:
            if _HINT.search(joined) is None:
                return False
        else:
            last = squashed(_PATH.split(name.rstrip("]"))[-1])
            if joined in shown or last in shown:
                return False
            if joined in added or last in added:
                return True
        words = [word.lower() for word in _WORD.findall(name)]
        if not words or words[-1] in _HARMLESS_ENDINGS or joined.startswith("accesscontrol"):
            return False
        return not _WORDS.isdisjoint(words) or _JOINED.search(joined) is not None

    return _Decisions(decide).__getitem__


def secret_within(name: str, outer: Sequence[str], secret: IsSecret) -> bool:
    """Whether *name*, no secret by itself, is one as a member of *outer*, the innermost last.

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
        # What is secret without the inner name is so for another reason, and masked as a whole
        if _JOINED.search(path) is None and secret(path + inner):
            return True
    return False


class _Decisions(dict[str, bool]):
    """What was decided about the latest names; looking one up again runs no code of ours."""

    def __init__(self, decide: IsSecret) -> None:
        super().__init__()
        self._decide = decide

    def __missing__(self, name: str) -> bool:
        decision = self._decide(name)
        if len(name) <= _CACHED_NAME_LENGTH:
            if len(self) >= _CACHED_NAMES:
                self.clear()
            self[name] = decision
        return decision


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

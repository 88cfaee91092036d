"""The options of one policy, checked and compiled once into tables of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, get_args

from asgi_mw.middleware.cors import names
from asgi_mw.middleware.cors.notes import unwise
from asgi_mw.middleware.cors.options import WebSocketMode
from asgi_mw.middleware.cors.origins import matching, split, wildcards
from asgi_mw.middleware.cors.patterns import OPAQUE, SCHEME, Refused, parse
from asgi_mw.middleware.cors.preflight import compile_preflight
from asgi_mw.middleware.cors.responses import VARY
from asgi_mw.middleware.cors.serialised import DEFAULT_PORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_mw.errors import Problems
    from asgi_mw.faults import Faults
    from asgi_mw.headers import Pair
    from asgi_mw.middleware.cors.options import Policy, Predicate
    from asgi_mw.middleware.cors.patterns import Pattern
    from asgi_mw.middleware.cors.preflight import Preflight
    from asgi_mw.types import Scope

# Chromium keeps no answer longer than 7,200 s and Firefox none longer than a day
_MOST_AGE = 86_400


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy as it is executed.

    Attributes:
        always: What every response gets, whoever asks: the constant ``*``; ``None`` if the
            answer depends on the origin.
        exact: What a response to each of these origins gets.
        tail: What a response to any allowed origin gets after ``Access-Control-Allow-Origin``.
        matchers: Further tests of an origin, in order.
        predicate: The last test, the user's.
        further: Whether an origin that is not in *exact* may be allowed.
        preflight: What a preflight may ask for.
        websocket: Which handshakes are checked.
        debug: Whether a denial says why.
        notes: What is legal and unwise, to be shown beside the layer.
    """

    always: tuple[Pair, ...] | None
    exact: Mapping[bytes, tuple[Pair, ...]]
    tail: tuple[Pair, ...]
    matchers: tuple[Callable[[bytes], bool], ...]
    predicate: Predicate | None
    further: bool
    preflight: Preflight
    websocket: str
    debug: bool
    notes: tuple[str, ...]
    faults: Faults

    @property
    def closed(self) -> bool:
        """Whether it lets nobody in."""
        return self.always is None and not self.exact and not self.further

    async def admit(self, origin: bytes, scope: Scope) -> tuple[Pair, ...] | None:
        """What a response to *origin* gets; ``None`` if it is denied."""
        known = self.always or self.exact.get(origin)
        if known is not None:
            return known
        for allows in self.matchers:
            if allows(origin):
                return granted(origin, self.tail)
        if self.predicate is not None and split(origin) is not None:
            return await self._asked(self.predicate, origin, scope)
        return None

    async def _asked(
        self, predicate: Predicate, origin: bytes, scope: Scope
    ) -> tuple[Pair, ...] | None:
        """What the predicate's answer grants; only ``True`` grants anything."""
        try:
            answer = predicate(origin.decode("ascii"), scope)
            if isawaitable(answer):
                answer = await answer
            if answer.__class__ is not bool:
                raise TypeError(f"it gave {answer!r}, which is no bool")  # noqa: TRY301  # noted as its own faults are
        except Exception as error:  # noqa: BLE001  # the user's function; the origin is denied
            self.faults.note("allow_origin_predicate", error)
            return None
        return granted(origin, self.tail) if answer else None


def granted(origin: bytes, tail: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """What a response to an allowed *origin* gets; it depends on that origin, and says so."""
    return (VARY, (b"access-control-allow-origin", origin), *tail)


def compile_policy(policy: Policy, problems: Problems, faults: Faults) -> Compiled:
    """Check every option of *policy*; what is wrong goes to *problems*."""
    for option in _BOOLS:
        if getattr(policy, option).__class__ is not bool:
            problems.add(option, getattr(policy, option), "is no bool", "write True or False")
    credentials = bool(policy.allow_credentials)
    exact, patterns, star = _origins(policy, problems)
    regex = _regex(policy.allow_origin_regex, problems)
    predicate = policy.allow_origin_predicate
    if predicate is not None and not callable(predicate):
        mend = "give a function of the origin and the scope that returns a bool"
        problems.add("allow_origin_predicate", predicate, "is not callable", mend)
    for other, given in {"allow_origin_regex": regex, "allow_origin_predicate": predicate}.items():
        if star and given is not None:
            reason = "every origin is allowed already by allow_origins=['*']"
            problems.add(other, getattr(policy, other), reason, "leave one of the two out")
    if policy.websocket not in get_args(WebSocketMode):
        mend = "write 'same', 'strict' or 'off'"
        problems.add("websocket", policy.websocket, "is no such mode", mend)
    methods = names.methods(policy.allow_methods, problems)
    headers = names.request_headers(policy.allow_headers, problems)
    exposed = names.exposed_headers(policy.expose_headers, problems, credentials=credentials)
    tail: list[Pair] = []
    if credentials:
        tail.append((b"access-control-allow-credentials", b"true"))
    if exposed:
        tail.append((b"access-control-expose-headers", b", ".join(exposed)))
    tests = (wildcards(patterns), regex and matching(regex))
    matchers = tuple(test for test in tests if test is not None)
    return Compiled(
        always=((b"access-control-allow-origin", b"*"), *tail) if star else None,
        exact={origin: granted(origin, tuple(tail)) for origin in exact},
        tail=tuple(tail),
        matchers=matchers,
        predicate=predicate,
        further=bool(matchers) or predicate is not None,
        preflight=compile_preflight(
            methods,
            headers,
            credentials=credentials,
            max_age=_max_age(policy.max_age, problems),
        ),
        websocket=policy.websocket,
        debug=policy.debug,
        notes=unwise(
            patterns,
            regex,
            credentials=credentials,
            null_sockets=policy.dangerously_allow_null_origin and policy.websocket != "off",
        ),
        faults=faults,
    )


_BOOLS = (
    "allow_credentials",
    "debug",
    "dangerously_allow_null_origin",
    "dangerously_allow_public_suffixes",
)


def _origins(policy: Policy, problems: Problems) -> tuple[list[bytes], list[Pattern], bool]:
    """The exact origins, all entries taken apart, and whether ``*`` is one of them."""
    exact: list[bytes] = []
    patterns: list[Pattern] = []
    schemes = _schemes(policy.dangerously_allow_schemes, problems)
    null = policy.dangerously_allow_null_origin
    given = names.texts(policy.allow_origins, "allow_origins", ["https://example.org"], problems)
    for text in given:
        if text == "null" and not null:
            reason = "any page can take the origin null, in a sandboxed iframe"
            mend = "give the page an origin, or set dangerously_allow_null_origin=True"
            problems.add("allow_origins", text, reason, mend)
        if text in {"*", "null"}:
            continue
        try:
            pattern = parse(text, schemes, public_suffixes=policy.dangerously_allow_public_suffixes)
        except Refused as refused:
            problems.add("allow_origins", text, refused.reason, refused.mend)
            continue
        patterns.append(pattern)
        if not pattern.subdomains and pattern.port != "*":
            exact.append(text.encode("ascii"))
    if null:
        exact.append(b"null")
    if null and policy.allow_credentials:
        reason = "with credentials every page of the web could act for the user"
        problems.add("dangerously_allow_null_origin", null, reason, "leave one of the two out")
    star = "*" in given
    if star and policy.allow_credentials:
        reason = "with credentials every page of the web could act for the user"
        problems.add("allow_origins", "*", reason, "name the origins, or leave credentials out")
    if star and len(given) > 1:
        problems.add("allow_origins", "*", "already stands for all origins", "leave the others out")
    return exact, patterns, star


def _schemes(given: object, problems: Problems) -> frozenset[str]:
    option = "dangerously_allow_schemes"
    schemes = names.texts(given, option, ["chrome-extension"], problems)
    for scheme in schemes:
        if scheme in DEFAULT_PORTS:
            problems.add(option, scheme, "is allowed anyway", "leave it out")
        elif scheme in OPAQUE:
            problems.add(option, scheme, "its pages have the origin null", "leave it out")
        elif SCHEME.fullmatch(scheme) is None:
            mend = "write it in lower case and without ://, as 'chrome-extension'"
            problems.add(option, scheme, "is no scheme (RFC 3986 3.1)", mend)
    return frozenset(schemes)


def _regex(given: object, problems: Problems) -> re.Pattern[str] | None:
    if given is None:
        return None
    option = "allow_origin_regex"
    try:
        regex: re.Pattern[str] = re.compile(given)  # type: ignore[call-overload]  # it raises
    except (TypeError, re.error, RecursionError, OverflowError) as error:
        problems.add(
            option, given, f"is no pattern ({error})", r"write r'https://[a-z]+\.example\.org'"
        )
        return None
    if not isinstance(regex.pattern, str):
        problems.add(option, given, "is a pattern of bytes", "write a str")
        return None
    return regex


def _max_age(given: object, problems: Problems) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        problems.add("max_age", given, "is no number of seconds", "write an int, as 600, or None")
    elif not 0 <= given <= _MOST_AGE:
        mend = f"write 0 (nothing is kept) to {_MOST_AGE} (a day), or None"
        problems.add("max_age", given, "is out of range", mend)
    else:
        return given
    return None

"""What is wrong with a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.spec.kinds import TEXTS, is_one_shot, named, pairs_in
from asgi_mw.spec.tables import SCOPES, TLS
from asgi_mw.spec.values import OPAQUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_VERSIONS = {"http": frozenset({"1.0", "1.1", "2"}), "websocket": frozenset({"1.1", "2"})}
_SECURE = frozenset({"https", "wss"})

Wrong = tuple[str, str]
"""The id of a rule, and what is wrong in words."""


def claimed_by(scope: dict[str, Any]) -> Any:
    """The version of the protocol's specification that the server claims, if any."""
    asgi = scope.get("asgi")
    return asgi.get("spec_version") if isinstance(asgi, dict) else None


def as_version(said: Any) -> tuple[int, ...]:
    """A claimed version in numbers; 2.0 if it is no version.

    >>> as_version("2.3"), as_version(None)
    ((2, 3), (2, 0))
    """
    parts = said.split(".") if isinstance(said, str) else ()
    if parts and all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        return tuple(map(int, parts))
    return (2, 0)


def extensions_of(scope: Any) -> dict[str, Any]:
    """The extensions that the server offers."""
    found = scope.get("extensions")
    return found if isinstance(found, dict) else {}


def wrong_in(scope: Any) -> Iterator[Wrong]:
    """All that is wrong with *scope*."""
    if not isinstance(scope, dict):
        yield "scope.dict", f"it is {named(scope)}, not dict"
        return
    kind = scope.get("type")
    if not isinstance(kind, str):
        yield "scope.type", f'"type" is {named(kind)}, not str' if kind else 'there is no "type"'
        return
    yield from _versions(scope)
    table = SCOPES.get(kind)
    if table is None:
        return
    sound = set()
    for name, key in table.items():
        if name not in scope:
            if key.required:
                yield f"{kind}.scope.{name}", f'"{name}" is missing'
            continue
        value = scope[name]
        if value is OPAQUE:
            continue
        if value.__class__ in key.kind.quick:
            sound.add(name)
        elif why := key.kind.wrong(value):
            yield f"{kind}.scope.{name}", f'"{name}" {why}'
        else:
            sound.add(name)
    if kind == "lifespan":
        if "state" in sound and scope["state"]:
            yield "scope.state.filled", '"state" is not empty'
        return
    yield from _details(scope, sound)


def _versions(scope: dict[str, Any]) -> Iterator[Wrong]:
    asgi = scope.get("asgi")
    if not isinstance(asgi, dict):
        yield "scope.asgi", f'"asgi" is {named(asgi)}' if asgi else 'there is no "asgi"'
        return
    for name in ("version", "spec_version"):
        value = asgi.get(name, "2.0")
        if not isinstance(value, str) and value is not OPAQUE:
            yield f"scope.asgi.{name}", f'"{name}" is {named(value)}, not str'


def _details(scope: dict[str, Any], sound: set[str]) -> Iterator[Wrong]:
    """What is wrong beyond the type of a value."""
    method = scope.get("method", "")
    if "method" in sound and method != method.upper():
        yield "scope.method.upper-case", f'"method" is {method!r}'
    if "scheme" in sound and scope["scheme"] == "":
        yield "scope.scheme.empty", '"scheme" is empty'
    if "raw_path" in sound and scope["raw_path"] and b"?" in scope["raw_path"]:
        yield "scope.raw_path.query", '"raw_path" has a question mark'
    if (
        "http_version" in sound
        and (version := scope["http_version"]) not in _VERSIONS[scope["type"]]
    ):
        rule = "scope.http_version.three" if version == "3" else "scope.http_version.value"
        yield rule, f'"http_version" is {version!r}'
    if "headers" in sound:
        yield from names_wrong(pairs_in(scope["headers"]) or (), "scope.headers")
    server = scope.get("server")
    if "server" in sound and server and not is_one_shot(server):
        [_, port] = server
        if port is None and as_version(claimed_by(scope)) < (2, 2):
            yield "scope.server.no-port", '"server" has no port'
    if "extensions" in sound and "tls" in (offered := extensions_of(scope)):
        yield from _tls(scope, offered["tls"])


def _tls(scope: dict[str, Any], tls: dict[str, Any]) -> Iterator[Wrong]:
    if str(scope.get("scheme", "http")) not in _SECURE:
        yield "scope.tls.without-tls", f'"scheme" is {scope.get("scheme", "http")!r}'
    for name, key in TLS.items():
        if name not in tls:
            if key.required:
                yield f"tls.{name}", f'"{name}" is missing'
        elif tls[name] is not OPAQUE and (why := key.kind.wrong(tls[name])):
            yield f"tls.{name}", f'"{name}" {why}'
    chain = tls.get("client_cert_chain", ())
    known = is_one_shot(chain) or TEXTS.wrong(chain) or tls.get("client_cert_name")
    if not known and any(True for _ in chain):
        yield "scope.tls.client-name", '"client_cert_name" is missing'


def advice_on(scope: dict[str, Any]) -> Iterator[Wrong]:
    """What would be better in a scope, even if nothing is wrong with it."""
    path, root = scope.get("path"), scope.get("root_path")
    if isinstance(path, str) and isinstance(root, str) and not path.startswith(root):
        yield "advice.root-path", f'"path" {path!r} does not begin with "root_path" {root!r}'


def names_wrong(pairs: Iterable[tuple[bytes, bytes]], rule: str) -> Iterator[Wrong]:
    """What is wrong with the names of headers; the ids begin with *rule*."""
    for name, _ in pairs:
        if name[:1] == b":":
            yield f"{rule}.pseudo", f"there is a header {name!r}"
        elif name != name.lower():
            yield f"{rule}.lower-case", f"there is a header {name!r}"

"""Turn the operations that an OpenAPI document lists into requests to send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from asgi_mw.cli.examples import Examples
from asgi_mw.errors import AsgiMwError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What changes nothing: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.ASCII)


class DocumentError(AsgiMwError):
    """It is no OpenAPI document; the message says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, or one WebSocket.

    Attributes:
        method: As ``"GET"``; ``"WS"`` for a WebSocket.
        target: Path and query.
        headers: Besides those that every client sends.
        body: What is sent.
        name: The path as a report names it: the template, if it has one.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    name: str = ""

    @property
    def what(self) -> str:
        """What is asked, in words."""
        return f"{self.method} {self.name or self.target.partition('?')[0]}"


def document(text: bytes, name: str) -> Mapping[str, Any]:
    """The OpenAPI document in *text*, which is JSON; or YAML, if PyYAML is installed.

    Raises:
        DocumentError: *text* is no OpenAPI document.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise DocumentError(f"{name} is nested too deeply") from None
    except ValueError as error:
        found = _yaml(text, name, error)
    if not isinstance(found, Mapping) or not isinstance(found.get("paths"), Mapping):
        raise DocumentError(f'{name} has no "paths": it is no OpenAPI document')
    return found


def _yaml(text: bytes, name: str, error: ValueError) -> Any:
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415  # often there
    except ImportError:
        why = "to read YAML: pip install pyyaml"
        raise DocumentError(f"{name} is not JSON ({error}); {why}") from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        said = " ".join(str(wrong).split())
        raise DocumentError(f"{name} is neither JSON nor YAML: {said}") from None


def operations(of: Mapping[str, Any]) -> Iterator[Ask]:
    """A request for each operation of a document, in its order.

    The values that path, query and body need come from the document: the example, the default, a
    value that is listed, or one of the type.
    """
    examples = Examples(of)
    for template, item in of["paths"].items():
        path_item = examples.resolved(item)
        if not isinstance(template, str) or not template.startswith("/"):
            continue
        for method in _METHODS:
            if isinstance(found := path_item.get(method), Mapping):
                operation = examples.resolved(found)
                yield _ask(method.upper(), template, path_item, operation, examples)


def _ask(
    method: str,
    template: str,
    item: Mapping[str, Any],
    operation: Mapping[str, Any],
    examples: Examples,
) -> Ask:
    given: dict[tuple[str, str], Mapping[str, Any]] = {}
    for listed in (item.get("parameters"), operation.get("parameters")):
        for one in listed if isinstance(listed, list) else ():
            parameter = examples.resolved(one)
            given[str(parameter.get("in")), str(parameter.get("name"))] = parameter

    def filled(found: re.Match[str]) -> str:
        parameter = given.get(("path", found[1]), {"schema": {"type": "string"}})
        return quote(_text(examples.of_parameter(parameter)), safe="", errors="replace")

    needed = {
        name: _text(examples.of_parameter(one))
        for (where, name), one in given.items()
        if where == "query" and one.get("required") is True
    }
    headers = [
        (name, value if _is_plain(value) else "a")
        for (where, name), one in given.items()
        if where == "header" and one.get("required") is True and _is_plain(name)
        for value in [_text(examples.of_parameter(one))]
    ]
    body = b""
    if sent := _body(operation, examples):
        kind, body = sent
        headers.append(("content-type", kind))
    query = urlencode(needed, errors="replace")
    path = _PARAMETER.sub(filled, template).encode(errors="replace").decode()
    return Ask(method, f"{path}?{query}" if query else path, tuple(headers), body, template)


def _body(operation: Mapping[str, Any], examples: Examples) -> tuple[str, bytes] | None:
    """The content type and the body to send, if it is JSON or a form; otherwise ``None``."""
    content = examples.resolved(operation.get("requestBody")).get("content")
    for kind, media in content.items() if isinstance(content, Mapping) else ():
        value = examples.of_parameter(examples.resolved(media))
        if _JSON.fullmatch(str(kind)):
            return str(kind), json.dumps(value, default=str).encode()
        if kind == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
            fields = {str(name): _text(one) for name, one in value.items()}
            return kind, urlencode(fields, errors="replace").encode()
    return None


def _is_plain(text: str) -> bool:
    """Whether it may stand in a header."""
    return text.isascii() and text.isprintable() and text != ""


def _text(value: Any) -> str:
    """*value* as text for a path or a query: never empty, as that would make another path."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(_text, value)) or "a"
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    return str(value) or "a"

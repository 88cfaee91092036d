"""The options of one policy as they are written: plain data, not checked yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

from asgi_mw.types import Scope

if TYPE_CHECKING:
    import re
    from collections.abc import Collection

Predicate: TypeAlias = Callable[[str, Scope], bool | Awaitable[bool]]
WebSocketMode: TypeAlias = Literal["same", "strict", "off"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Policy:
    """Who may read what from where; the options are those of :func:`cors`.

    It is plain data: :func:`cors` checks it.

    >>> Policy(allow_origins=["https://shop.example.org"], allow_credentials=True)
    Policy(allow_origins=['https://shop.example.org'], allow_credentials=True)
    """

    allow_origins: Collection[str] = ()
    allow_origin_regex: str | re.Pattern[str] | None = None
    allow_origin_predicate: Predicate | None = None
    allow_methods: Collection[str] = ("GET",)
    allow_headers: Collection[str] = ()
    allow_credentials: bool = False
    expose_headers: Collection[str] = ()
    max_age: int | None = 600
    websocket: WebSocketMode = "same"
    debug: bool = False
    dangerously_allow_null_origin: bool = False
    dangerously_allow_public_suffixes: bool = False
    dangerously_allow_schemes: Collection[str] = ()

    def __repr__(self) -> str:
        """Show the options that differ from their defaults."""
        given = [
            f"{field.name}={value!r}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return f"Policy({', '.join(given)})"

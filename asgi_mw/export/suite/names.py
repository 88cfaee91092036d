"""Names of tests, from the method and the route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

_LONGEST = 60


class Names:
    """Names of functions, none of them twice.

    >>> names = Names()
    >>> names.new("GET /users/{id}"), names.new("GET /users/{id}")
    ('test_get_users_id', 'test_get_users_id_2')
    """

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, exchange: Exchange) -> str:
        """A name for the test of *exchange*."""
        return self.new(f"{exchange.method or exchange.type} {exchange.route or exchange.path}")

    def new(self, what: str) -> str:
        """A name that says *what*."""
        words = "_".join(re.findall(r"[a-z0-9]+", what.lower()))[:_LONGEST].strip("_")
        name = f"test_{words or 'root'}"
        count = self._taken[name] = self._taken.get(name, 0) + 1
        return name if count == 1 else self.new(f"{what} {count}")

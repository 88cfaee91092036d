"""Take known secrets out of what is to be shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from asgi_mw.redaction.spans import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable


class Hider:
    """Takes *secrets* out of what is to be shown.

    >>> Hider(["s3cret"]).text("Bearer s3cret")
    'Bearer [redacted]'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {
            form
            for one in secrets
            for form in (one, quote(one, safe=""), quote_plus(one), json.dumps(one)[1:-1])
        }
        longest_first = sorted(filter(None, forms), key=len, reverse=True)
        self._found = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """*text* without them."""
        return text if self._found is None else self._found.sub(MASK, text)

    def value(self, value: Any, longest: int) -> Any:
        """Plain data without them; what is longer than *longest* as JSON becomes cut text."""
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return _cut(self.text(value), longest)
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except RecursionError:
            return "(nested too deep)"
        hidden = self.text(text)
        if len(hidden) > longest:
            return _cut(hidden, longest)
        try:
            return value if hidden == text else json.loads(hidden)
        except ValueError:
            return hidden


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"

"""The user's own attributes on a metric, bounded in number whatever the client sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asgi_mw.options import integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.errors import Problems
    from asgi_mw.faults import Faults
    from asgi_mw.types import Scope

_OPTION = "metrics_attributes"
_MOST = f"{_OPTION}_limit"
# https://opentelemetry.io/docs/specs/semconv/http/http-metrics/: set only by the conventions
_TAKEN = frozenset(
    {
        "url.scheme",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "error.type",
    }
)
# What the conventions call a value that is not among the known ones
_OTHER = "_OTHER"
_LONGEST = 128


class OwnAttributes:
    """What functions of the scope say of a connection.

    Args:
        asked: The function of each attribute; ``None`` is no attribute.
        most: How many combinations of values are kept separate.  Any further one is ``_OTHER`` in
            all attributes.  So is a single value that is longer than 128 characters.
        faults: Where a function that raises is counted; the attribute is missing then.

    >>> from asgi_mw.faults import Faults
    >>> own = OwnAttributes({"tier": lambda scope: scope["path"][1:]}, 1, Faults("tracing"))
    >>> own.of({"path": "/free"}), own.of({"path": "/paid"}), own.of({"path": "/free"})
    ({'tier': 'free'}, {'tier': '_OTHER'}, {'tier': 'free'})
    """

    def __init__(
        self, asked: Mapping[str, Callable[[Scope], str | None]], most: int, faults: Faults
    ) -> None:
        self._asked = dict(asked)
        self._most = most
        self._faults = faults
        self._known: dict[tuple[str | None, ...], Mapping[str, str]] = {}
        self._others = dict.fromkeys(asked, _OTHER)

    def of(self, scope: Scope) -> Mapping[str, str]:
        """The attributes of a connection, computed when it is over."""
        values = tuple([self._value(ask, scope) for ask in self._asked.values()])
        known = self._known.get(values)
        if known is None:
            if len(self._known) >= self._most:
                return self._others
            pairs = zip(self._asked, values, strict=True)
            known = self._known[values] = {name: one for name, one in pairs if one is not None}
        return known

    def _value(self, ask: Callable[[Scope], str | None], scope: Scope) -> str | None:
        try:
            value = ask(scope)
            if value is None:
                return None
            text = str(value)
        except Exception as fault:  # noqa: BLE001  # the user's function; the request is measured
            self._faults.note(_OPTION, fault)
            return None
        return text if len(text) <= _LONGEST else _OTHER


def own_attributes(
    given: Mapping[str, Any], most: int, problems: Problems, faults: Faults
) -> OwnAttributes | None:
    """The option ``metrics_attributes`` checked; ``None`` where there are none."""
    limit = integer(most, _MOST, problems, least=1, most=2_000)
    if not isinstance(given, Mapping):
        mend = "write {'shop.tier': lambda scope: ...}"
        problems.add(_OPTION, given, "is no mapping of names to functions of the scope", mend)
        return None
    for name, ask in given.items():
        if not isinstance(name, str) or not name.strip():
            problems.add(_OPTION, name, "is no name of an attribute", "write it as 'shop.tier'")
        elif name in _TAKEN:
            mend = "give it a name of your own, as 'shop.tier'"
            problems.add(_OPTION, name, "is set by the conventions", mend)
        elif not callable(ask):
            mend = "write lambda scope: ..., or put what is always the same into the resource"
            problems.add(f"{_OPTION}[{name!r}]", ask, "is no function of the scope", mend)
    return OwnAttributes(given, limit, faults) if given else None

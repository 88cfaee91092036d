"""The arguments of a tool: their JSON Schema, and the check of what an agent gave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from asgi_mw.errors import Problems
from asgi_mw.recorder.naming import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ID = re.compile(r"[0-9a-f]{32}")
"""The id of an exchange."""

# Each kind in the words of JSON Schema, and in ours
_TYPES = {
    "text": "string",
    "id": "string",
    "whole": "integer",
    "number": "number",
    "texts": "array",
}
_NAMES = {
    "text": "text",
    "id": "the whole id of an exchange, as list_exchanges gives it",
    "whole": "a whole number",
    "number": "a number",
    "texts": "a list of texts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a tool.

    Attributes:
        name: Its name.
        help: What it means, for the agent.
        kind: The type of its value.
        default: Its value if it is not given; ``None`` if to leave it out has its own meaning.
        required: It has to be given.
        least: The least that a number may be; for a list, the fewest items that it may have.
        most: The most, likewise.
        choices: All that it may be; empty for anything.
    """

    name: str
    help: str
    kind: Literal["text", "id", "whole", "number", "texts"] = "text"
    default: Any = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        found: dict[str, Any] = {"type": _TYPES[self.kind], "description": self.help}
        if self.kind == "texts":
            found["items"] = {"type": "string"}
        if self.kind == "id":
            found["pattern"] = f"^{ID.pattern}$"
        least, most = ("minItems", "maxItems") if self.kind == "texts" else ("minimum", "maximum")
        found |= {} if self.least is None else {least: self.least}
        found |= {} if self.most is None else {most: self.most}
        found |= {} if self.default is None else {"default": self.default}
        return found | ({"enum": list(self.choices)} if self.choices else {})

    def check(self, value: Any, problems: Problems) -> Any:
        """*value* as the tool gets it; what is wrong with it goes to *problems*."""
        value = _whole(value) if self.kind == "whole" else value
        if not _fits(self.kind, value):
            reason = f"is not {_NAMES[self.kind]}"
            problems.add(self.name, value, reason, "give one, or leave it out")
        elif self.choices and value not in self.choices:
            mend = f"{nearest(value, self.choices)}take one of {', '.join(self.choices)}"
            problems.add(self.name, value, "is unknown", mend)
        elif (outside := self._outside(value)) is not None:
            problems.add(self.name, value, *outside)
        return value

    def _outside(self, value: Any) -> tuple[str, str] | None:
        if self.least is None and self.most is None:
            return None
        size = len(value) if self.kind == "texts" else value
        what = "has too many or too few" if self.kind == "texts" else "is out of range"
        if not (self.least or 0) <= size <= (size if self.most is None else self.most):
            return what, f"give {self.least:g} to {self.most:g}"
        return None


def schema_of(arguments: Sequence[Argument]) -> dict[str, Any]:
    """The JSON Schema of all *arguments* of a tool.

    >>> schema_of([Argument(name="id", help="Which.", required=True)])["required"]
    ['id']
    """
    return {
        "type": "object",
        "properties": {one.name: one.schema() for one in arguments},
        "required": [one.name for one in arguments if one.required],
        "additionalProperties": False,
    }


def checked(tool: str, arguments: Sequence[Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool gets: each of *arguments* as it was *given*, or its default.

    Raises:
        ConfigError: Something is missing, unknown or wrong; all of it is said at once.

    >>> checked("list_exchanges", [Argument(name="limit", help="", kind="whole")], {"limt": 3})
    Traceback (most recent call last):
    asgi_mw.errors.ConfigError: list_exchanges: limt=3: is no argument; is it limit? take limit
    """
    problems = Problems(tool)
    known = {one.name: one for one in arguments}
    for name, value in given.items():
        if name not in known:
            mend = f"{nearest(name, known)}take {', '.join(known)}"
            problems.add(name, value, "is no argument", mend)
    taken = {}
    for one in arguments:
        value = given.get(one.name)
        if value is not None:
            taken[one.name] = one.check(value, problems)
        elif one.required:
            problems.add(one.name, value, "is missing", one.help)
        else:
            taken[one.name] = one.default
    problems.check()
    return taken


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 20.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "id":
            return isinstance(value, str) and ID.fullmatch(value) is not None
        case "whole":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, list) and all(isinstance(one, str) for one in value)

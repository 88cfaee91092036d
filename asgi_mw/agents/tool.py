"""One tool: what it is called, what it takes, what it gives back, and what it may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.agents.arguments import checked
from asgi_mw.agents.untrusted import schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.agents.arguments import Argument
    from asgi_mw.agents.untrusted import Answer

Progress: TypeAlias = Callable[[float, float | None, str], Awaitable[None]]
"""Reports progress to the client: how far, of how much (if known), and what is being done."""
PROBLEMS = {
    "type": "array",
    "items": {"type": "string"},
    "description": "what of the store could not be read, and what to do",
}
_Run: TypeAlias = "Callable[[dict[str, Any], Progress], Awaitable[Answer]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool.

    Attributes:
        name: Its name.
        title: The same for people.
        description: What it does, for the agent.
        arguments: What it takes.
        said: What its answer says, as JSON Schemas.
        recorded: What its answer has of a recording, as JSON Schemas, too.
        run: Does it, with arguments that were checked.
        reads: It changes nothing.
        destroys: It may change what cannot be made again.
    """

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    said: Mapping[str, Any]
    recorded: Mapping[str, Any]
    run: _Run
    reads: bool = True
    destroys: bool = False

    def output_schema(self) -> dict[str, Any]:
        """The JSON Schema of its answer."""
        return schema_of(self.said, self.recorded)

    async def __call__(self, given: Mapping[str, Any], progress: Progress) -> Answer:
        """Do it with the arguments that were *given*.

        Raises:
            ConfigError: An argument is wrong, or the filter is.
            AsgiMwError: There is no answer; the message says why, and what to do.
        """
        return await self.run(checked(self.name, self.arguments, given), progress)

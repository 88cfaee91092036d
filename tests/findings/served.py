"""What a server of the findings serves: one framework's app in ``validate``, which writes down all.

The framework is named by ``FINDINGS_FRAMEWORK``, and the file by ``FINDINGS_NOTES``: one JSON
object a line for each call of the app that begins, each that ends, and each finding.
"""

from __future__ import annotations

import json
import os
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asgi_mw import validate

if TYPE_CHECKING:
    from asgi_mw.spec import Finding
    from asgi_mw.types import Receive, Scope, Send

_notes = Path(os.environ["FINDINGS_NOTES"]).open("a", buffering=1)  # noqa: SIM115  # the process is its end
_during: ContextVar[str] = ContextVar("during")


def _note(**fact: Any) -> None:
    _notes.write(json.dumps(fact) + "\n")


def _found(finding: Finding) -> None:
    _note(rule=finding.rule.id, said=finding.said, during=_during.get("nothing"))


_validated = validate(
    import_module(f"tests.matrix.apps.{os.environ['FINDINGS_FRAMEWORK']}").app,
    profile="http",
    on_violation=_found,
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve, and note when."""
    kind = scope["type"]
    _during.set(f"{scope.get('method', kind)} {scope.get('path', '')}".strip())
    _note(began=kind)
    try:
        await _validated(scope, receive, send)
    finally:
        _note(ended=kind)

"""All rules, by protocol: each with its sentence, who is at fault, a bad example and a good one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.rules.advice import ADVICE
from asgi_mw.spec.rules.http import HTTP
from asgi_mw.spec.rules.keys import keys
from asgi_mw.spec.rules.lifespan import LIFESPAN
from asgi_mw.spec.rules.messages import MESSAGES
from asgi_mw.spec.rules.scope import SCOPE
from asgi_mw.spec.rules.websocket import WEBSOCKET
from asgi_mw.spec.rules.wire import WIRE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.spec.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rules in (SCOPE, MESSAGES, keys(), HTTP, WEBSOCKET, LIFESPAN, WIRE, ADVICE)
    for rule in rules
}
"""Every rule by its id."""

"""What is secret in headers, queries, bodies and text, and how it is masked."""

from __future__ import annotations

from asgi_mw.redaction.bodies import MaskedBody as MaskedBody
from asgi_mw.redaction.policy import DEFAULT as DEFAULT
from asgi_mw.redaction.policy import Redaction as Redaction
from asgi_mw.redaction.policy import RedactOption as RedactOption
from asgi_mw.redaction.policy import redaction_of as redaction_of

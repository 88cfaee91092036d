"""Let a coding agent look at recordings: tools, whose answers mark what strangers wrote."""

from __future__ import annotations

"""Tools with which a coding agent looks at recordings; answers mark what strangers wrote."""

from __future__ import annotations

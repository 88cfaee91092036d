"""Composable pure-ASGI middleware and an inspection library."""

from __future__ import annotations

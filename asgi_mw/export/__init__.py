"""Recordings as files for other tools, and back."""

from __future__ import annotations

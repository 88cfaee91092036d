"""Hooks for other packages, imported only where they are used."""

from __future__ import annotations

"""Record traffic: the layer, and the stores that keep what it sees."""

from __future__ import annotations

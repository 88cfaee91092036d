"""Follow a task through all its awaits, from the outermost to the innermost."""

from __future__ import annotations

from typing import Any

_DEEPEST = 100


def chain_of(running: Any) -> list[str]:
    """Where each coroutine, generator and async generator of *running* is."""
    found: list[str] = []
    while running is not None and len(found) < _DEEPEST:
        for kind in ("cr", "ag", "gi"):
            frame = getattr(running, f"{kind}_frame", None)
            if frame is not None:
                code = frame.f_code
                found.append(f"{code.co_filename}:{frame.f_lineno} {code.co_name}")
                running = getattr(running, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
                break
        else:
            break
    return found

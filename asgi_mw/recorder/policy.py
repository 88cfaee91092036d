"""When a spool writes and what it keeps, checked and compiled."""

from __future__ import annotations

from dataclasses import dataclass

from asgi_mw.errors import Problems
from asgi_mw.options import number

LEAST_SEGMENT = 64 * 1024
_LEAST_MEMORY = 1024 * 1024
_MOST = 2**62


@dataclass(frozen=True, slots=True)
class Policy:
    """The options of :class:`~asgi_mw.recorder.spool.SpoolStore`, which describes them."""

    memory: int
    max_bytes: int
    max_age: float | None
    segment_bytes: int
    flush_interval: float
    flush_count: int
    queue_limit: int


def policy(
    *,
    memory: int,
    max_bytes: int,
    max_age: float | None,
    segment_bytes: int | None,
    flush_interval: float,
    flush_count: int,
    queue_limit: int,
) -> Policy:
    """The policy that these options make.

    Raises:
        ConfigError: An option cannot be right.
    """
    problems = Problems("open_store")

    def whole(value: float, option: str, least: int, most: int = _MOST) -> int:
        return int(number(value, option, problems, least=least, most=most))

    most = whole(max_bytes, "max_bytes", 2 * LEAST_SEGMENT)
    if segment_bytes is None:
        segment_bytes = max(most // 16, LEAST_SEGMENT)
    compiled = Policy(
        memory=whole(memory, "memory", _LEAST_MEMORY),
        max_bytes=most,
        max_age=None if max_age is None else number(max_age, "max_age", problems, least=1),
        segment_bytes=whole(segment_bytes, "segment_bytes", LEAST_SEGMENT, most // 2),
        flush_interval=number(flush_interval, "flush_interval", problems, least=0.001, most=60),
        flush_count=whole(flush_count, "flush_count", 1),
        queue_limit=whole(queue_limit, "queue_limit", 1),
    )
    problems.check()
    return compiled

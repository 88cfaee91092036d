"""The loop that runs here can be used from another thread, until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import pytest

from asgi_mw.loops import running_loop

if TYPE_CHECKING:
    from asgi_mw.loops import Loop


@pytest.mark.anyio
async def test_a_function_is_called_on_the_loop() -> None:
    """Asked for on another thread."""
    loop = running_loop()
    assert loop is not None
    called = anyio.Event()
    assert await anyio.to_thread.run_sync(loop.call, called.set)
    await called.wait()
    assert await anyio.to_thread.run_sync(loop.runs)


@pytest.mark.anyio
async def test_one_loop_has_one_key() -> None:
    """So that it is known again."""
    one, other = running_loop(), running_loop()
    assert one is not None
    assert other is not None
    assert one.key is other.key


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_is_over_says_so(backend: str) -> None:
    """And does nothing."""
    found: list[Loop | None] = []

    async def main() -> None:  # runs on a loop
        found.append(running_loop())

    anyio.run(main, backend=backend)
    [loop] = found
    assert loop is not None
    assert (False, False) == (loop.runs(), loop.call(lambda: None))

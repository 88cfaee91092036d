"""A method is wrapped while somebody wants it, and then it is what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.inspector.witness.wrapping import Wrapping

if TYPE_CHECKING:
    from collections.abc import Callable


class Client:
    """A class of another package."""

    def send(self, request: str) -> str:
        """Send it."""
        return f"sent {request}"


def wrapping() -> Wrapping:
    """A wrapping that shows that it was called."""

    def made(original: Callable[..., Any]) -> Callable[..., Any]:
        def send(client: Client, request: str) -> str:
            return f"seen, {original(client, request)}"

        return send

    return Wrapping(Client, "send", made)


def test_those_made_before_are_wrapped_too() -> None:
    """They are wrapped only once."""
    client, one = Client(), wrapping()
    one.install()
    one.install()
    assert "seen, sent 1" == client.send("1")
    one.remove()
    one.remove()
    assert "sent 1" == client.send("1")


def test_it_is_what_it_was() -> None:
    """It is the same function again; while it is wrapped, name and documentation are the same."""
    before = vars(Client)["send"]
    one = wrapping()
    one.install()
    assert ("send", "Send it.") == (Client.send.__name__, Client.send.__doc__)
    one.remove()
    assert vars(Client)["send"] is before


def test_what_somebody_put_around_it_stays() -> None:
    """Removing ours would remove theirs, so it is done when theirs is gone."""
    before = vars(Client)["send"]
    one = wrapping()
    one.install()
    ours = vars(Client)["send"]
    Client.send = lambda self, request: f"theirs, {ours(self, request)}"  # type: ignore[method-assign]  # as others do
    one.remove()
    assert ("theirs, seen, sent 1", False) == (Client().send("1"), one.on)
    one.install()
    Client.send = ours  # type: ignore[method-assign]  # as others do
    one.remove()
    assert vars(Client)["send"] is before

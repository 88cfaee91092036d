"""What a user does with a page, and what a test asks it, in whichever browser."""

from __future__ import annotations

import base64
import json
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from tests.browser.bidi import BiDiError
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.visitor import Visitor

# https://w3c.github.io/webdriver/#keyboard-actions
KEYS = {
    "Backspace": "\ue003",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Alt": "\ue00a",
    "Escape": "\ue00c",
    "Space": " ",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Delete": "\ue017",
    "Meta": "\ue03d",
}
# The centre of the visible part of an element, unless something else covers it
_POINT = """selector => {
    const element = document.querySelector(selector);
    for (const block of ["nearest", "center"]) {
        element?.scrollIntoView({block, inline: "nearest", behavior: "instant"});
        const box = element?.getBoundingClientRect();
        if (!box?.width || !box.height) return null;
        const middle = (from, to, most) => Math.floor((Math.max(from, 0) + Math.min(to, most)) / 2);
        const x = middle(box.left, box.right, innerWidth);
        const y = middle(box.top, box.bottom, innerHeight);
        if (element.contains(document.elementFromPoint(x, y))) return [x, y];
    }
    return null;
}"""


class Page:
    """A window with one page in it; :meth:`Visitor.open` makes it."""

    def __init__(self, visitor: Visitor, context: str) -> None:
        self.visitor = visitor
        self.browser = visitor.browser
        self.context = context
        self.complaints: list[str] = []  # errors in the console, uncaught exceptions, CSP

    # What a test asks

    def evaluate(self, script: str, *args: Any) -> Any:
        """The value of an expression, or of a function of *args*, as JSON; promises are awaited.

        Raises:
            BiDiError: The script raises, or the page is left before it ends.
        """
        function = f"""async args => {{
            let value = ({script}\n);
            if (typeof value === "function") value = value(...JSON.parse(args));
            return JSON.stringify(await value);
        }}"""
        arguments = [{"type": "string", "value": json.dumps(args)}]
        done = self.command(
            "script.callFunction",
            functionDeclaration=function,
            arguments=arguments,
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,  # as if the user had just clicked
        )
        said = _value(done)
        return None if said is None else json.loads(said)

    def run(self, script: str) -> None:
        """Run a whole script in the page, whatever its policy allows: libraries, say."""
        target = {"context": self.context}
        _value(
            self.command("script.evaluate", expression=script, target=target, awaitPromise=False)
        )

    def wait_for(self, script: str, *args: Any, patience: float = PATIENCE) -> Any:
        """Evaluate until the value is truthy, for *patience* seconds; gives that value.

        A script that raises is tried again: what it looks for may not be there yet.
        """
        return self.until(lambda: self.evaluate(script, *args), script, patience)

    def until(self, ask: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Ask until the answer is truthy, for *patience* seconds; the failure names *what*."""
        end = monotonic() + patience
        while True:
            try:
                value, why = ask(), ""
            except BiDiError as error:
                value, why = None, f": {error}"
            if value:
                return value
            assert monotonic() < end, f"waited {patience} s for {what}{why}{self._complained()}"
            sleep(0.05)

    def complaint(self, part: str, *, patience: float = PATIENCE) -> str:
        """Wait for a complaint with *part* in it; it is expected, and does not fail the test."""

        def find() -> str | None:
            self.settle()
            return next((said for said in self.complaints if part in said), None)

        said = str(self.until(find, f"a complaint with {part!r}", patience))
        self.complaints.remove(said)
        return said

    def settle(self) -> None:
        """Let all that the page has reported so far arrive."""
        self.evaluate("new Promise(done => setTimeout(done))")

    def screenshot(self, name: str = "", *, whole: bool = False) -> Path:
        """Save what is visible, or the *whole* page, as a picture; gives its path."""
        origin = "document" if whole else "viewport"
        taken = self.command(
            "browsingContext.captureScreenshot", context=self.context, origin=origin
        )
        path = self.visitor.picture(name)
        path.write_bytes(base64.b64decode(taken["data"]))
        return path

    def cookies(self) -> dict[str, dict[str, Any]]:
        """The cookies for the page's server, by name: ``value``, ``httpOnly``, ``sameSite``, …."""
        partition = {"type": "context", "context": self.context}
        kept = self.command("storage.getCookies", partition=partition)["cookies"]
        return {cookie["name"]: cookie | {"value": cookie["value"]["value"]} for cookie in kept}

    def clipboard(self) -> str:
        """The text that was copied last; only for pages of ``127.0.0.1``, which browsers trust."""
        origin = self.evaluate("location.origin")
        self.browser.allow_clipboard(self.context, self.visitor.profile, origin)
        return str(self.evaluate("navigator.clipboard.readText()"))

    def heap(self) -> int | None:
        """Bytes that its scripts hold, without garbage; ``None`` if the browser does not say."""
        return self.browser.heap(self.context)

    def nodes(self) -> int:
        """How many elements the page has."""
        return int(self.evaluate("document.querySelectorAll('*').length"))

    # What a user does

    def goto(self, url: str) -> None:
        """Go to *url*, and wait until all of it is loaded."""
        self.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def reload(self) -> None:
        """Load the page again."""
        self.command("browsingContext.reload", context=self.context, wait="complete")

    def back(self) -> None:
        """Go one step back in the history; wait for what should be there then."""
        self.command("browsingContext.traverseHistory", context=self.context, delta=-1)

    def resize(self, width: int, height: int) -> None:
        """Give the page *width* x *height* pixels."""
        viewport = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self.context, viewport=viewport)

    def media(self, scheme: str = "light", *, reduced_motion: bool = False) -> None:
        """Set the preferences of the user: the scheme ``light`` or ``dark``, less motion or not."""
        self.browser.media(self.context, scheme, reduced_motion=reduced_motion)

    def front(self) -> None:
        """Bring this window before the others, with the focus."""
        self.command("browsingContext.activate", context=self.context)

    def press(self, *chords: str) -> None:
        """Press keys one after the other: ``"a"``, ``"ArrowDown"``, ``"Control+Shift+k"``."""
        for chord in chords:
            names = [chord] if len(chord) == 1 else chord.split("+")
            values = [KEYS[name] if len(name) > 1 else name for name in names]
            down = [{"type": "keyDown", "value": value} for value in values]
            up = [{"type": "keyUp", "value": value} for value in reversed(values)]
            self._act("key", [*down, *up])

    def type(self, text: str) -> None:
        """Type *text* where the focus is."""
        kinds = ("keyDown", "keyUp")
        self._act("key", [{"type": kind, "value": key} for key in text for kind in kinds])

    def hover(self, selector: str) -> None:
        """Move the mouse onto the first element that *selector* matches, once nothing covers it."""
        self._act("pointer", [self._move(selector)])

    def click(self, selector: str, *, times: int = 1) -> None:
        """Click the first element that *selector* matches, once nothing covers it."""
        clicks = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}] * times
        self._act("pointer", [self._move(selector), *clicks])

    def wheel(self, selector: str, down: int) -> None:
        """Turn the wheel above an element, *down* pixels."""
        x, y = self._point(selector)
        scroll = {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": down}
        self._act("wheel", [scroll])

    def close(self) -> None:
        """Close the window."""
        self.command("browsingContext.close", context=self.context)

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Anything else that the protocol has."""
        return self.browser.connection.command(method, **params)

    def _move(self, selector: str) -> dict[str, Any]:
        x, y = self._point(selector)
        return {"type": "pointerMove", "x": x, "y": y}

    def _point(self, selector: str) -> tuple[int, int]:
        x, y = self.until(lambda: self.evaluate(_POINT, selector), f"{selector} to be reachable")
        return x, y

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        source = {"type": kind, "id": kind, "actions": actions}
        self.command("input.performActions", context=self.context, actions=[source])

    def _complained(self) -> str:
        return "".join(f"\n  the page complained: {said}" for said in self.complaints)


def _value(done: dict[str, Any]) -> str | None:
    if done["type"] == "exception":
        raise BiDiError(done["exceptionDetails"]["text"])
    value: str | None = done["result"].get("value")
    return value

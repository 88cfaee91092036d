// The keys of the list, and the dialog that says them.

import {h} from "../dom.js";

/** By the name of what it does: the keys, what to say of it, and how it is written where that is not the key. */
export const KEYS = [
  ["down", ["j", "ArrowDown"], "Next row", "j ↓"],
  ["up", ["k", "ArrowUp"], "Row before", "k ↑"],
  ["pageDown", ["PageDown"], "A page on", "Page Down"],
  ["pageUp", ["PageUp"], "A page back", "Page Up"],
  ["home", ["Home"], "First row", "Home"],
  ["end", ["End"], "Last row", "End"],
  ["open", ["Enter"], "Open the exchange; Escape comes back", "Enter"],
  ["filter", ["/"], "Filter"],
  ["find", ["f"], "Find in the rows", "f Ctrl+F"],
  ["next", ["n"], "Next row that was found"],
  ["previous", ["N"], "Row before that was found"],
  ["pause", ["p"], "Pause, or go on"],
  ["clear", ["x"], "Clear: show only what comes from now on"],
  ["keep", ["s"], "Keep the exchange, whatever is dropped"],
  ["compare", ["c"], "Mark for comparing: two are compared"],
  ["resend", ["r"], "Resend the request"],
  ["time", ["t"], "Time of day, or how long ago"],
  ["keys", ["?"], "These keys"],
];

const BY_KEY = new Map(KEYS.flatMap(([name, keys]) => keys.map((key) => [key, name])));

/** What *event* asks for: a name of `KEYS`; null if it is typed into something. */
export function asked(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], [popover]:popover-open")) return null;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f") return "find";
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select")) return null;
  if (event.key === "Enter" && event.target.closest?.("button, a, summary")) return null;
  return BY_KEY.get(event.key) ?? null;
}

/** The dialog. */
export function keysDialog() {
  const dialog = h("dialog", {class: "list-keys", "aria-labelledby": "list-keys", onclick: (event) => event.target === dialog && dialog.close()},
    h("h2", {id: "list-keys"}, "Keys"),
    h("dl", {}, KEYS.map(([, keys, says, shown]) => [
      h("dt", {}, (shown ?? keys[0]).split(/ (?!Down|Up)/).map((key) => h("kbd", {}, key))), h("dd", {}, says),
    ])),
    h("p", {class: "dim"}, "On the head of a column: Enter sorts, ← → go along, Shift ← → change its width."),
    h("form", {method: "dialog"}, h("button", {}, "Close")));
  return dialog;
}

// The keys of the list, and the dialog that says them.

import {h} from "../dom.js";
import {ask} from "../more/ask.js";

/** By the name of what it does: the keys, and what to say of it. */
export const KEYS = {
  down: [["j", "ArrowDown"], "Next row"],
  up: [["k", "ArrowUp"], "Row before"],
  pageDown: [["PageDown"], "A page on"],
  pageUp: [["PageUp"], "A page back"],
  home: [["Home"], "First row"],
  end: [["End"], "Last row"],
  open: [["Enter"], "Open the exchange; Escape comes back"],
  filter: [["/"], "Filter"],
  find: [["f", "Ctrl+F"], "Find in the rows"],
  next: [["n"], "Next row that was found"],
  previous: [["N"], "Row before that was found"],
  pause: [["p"], "Pause, or go on"],
  keep: [["s"], "Keep the exchange, whatever is dropped"],
  compare: [["c"], "Mark for comparing: two are compared"],
  time: [["t"], "Time of day, or how long ago"],
  keys: [["?"], "Keys"],
};

/** What *event* asks for: a name of `KEYS`; nothing if it is typed into something. */
export function asked(event) {
  const {key, target} = event;
  if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open], :popover-open")) return null;
  if (event.ctrlKey || event.metaKey) return key.toLowerCase() === "f" ? "find" : null;
  if (target.closest("input, textarea, select") || (key === "Enter" && target.closest("button, a, summary"))) return null;
  return Object.keys(KEYS).find((name) => KEYS[name][0].includes(key));
}

/** The dialog that says them. */
export const showKeys = () => ask("Keys", h("dl", {class: "list-keys"}, Object.values(KEYS).map(([keys, says]) => [h("dt", {}, keys.map((key) => h("kbd", {}, key.replace("Arrow", "")))), h("dd", {}, says)])));

// A value as a tree that unfolds; what is folded costs nothing.

import {h} from "../dom.js";
import {shown} from "./facts.js";

const STEP = 100;

/** *value* of JSON under *key*; *open* levels are unfolded. */
export function tree(value, open = 2, key = null) {
  const name = key != null && [h("span", {class: "x-json-key"}, shown(key)), ": "];
  const leaf = (kind, words) => h("div", {class: "x-leaf"}, name, h("span", {class: `x-json-${kind}`}, words));
  if (typeof value === "string") return leaf("string", ["\"", shown(value), "\""]);
  if (value === null || typeof value !== "object") return leaf(typeof value, String(value));
  const entries = Object.entries(value);
  const [left, right] = Array.isArray(value) ? "[]" : "{}";
  if (!entries.length) return leaf("object", left + right);
  const inner = h("div", {class: "x-json-in"});
  const fill = (from) => {
    const rest = entries.length - from - STEP;
    inner.append(...entries.slice(from, from + STEP).map(([name, one]) => tree(one, open - 1, name)));
    if (rest > 0) inner.append(h("button", {onclick: (event) => (event.target.remove(), fill(from + STEP))}, `Show ${Math.min(STEP, rest)} of ${rest} more`));
  };
  const node = h("details", {open: open > 0}, h("summary", {}, name, left, h("span", {class: "dim"}, ` ${entries.length} `), right), inner);
  if (open > 0) fill(0);
  else node.addEventListener("toggle", () => fill(0), {once: true});
  return node;
}

// A value as a tree that unfolds; what is folded costs nothing.

import {h} from "../dom.js";
import {shown} from "./facts.js";

const STEP = 100;

/** *value* of JSON under *key*; *open* levels are unfolded. */
export function tree(value, open = 2, key = null) {
  const name = key != null && [h("span", {class: "x-json-key"}, shown(key)), ": "];
  if (value === null || typeof value !== "object") {
    const kind = value === null ? "null" : typeof value;
    return h("div", {class: "x-json-leaf"}, name, h("span", {class: `x-json-${kind}`}, kind === "string" ? ["\"", shown(value), "\""] : String(value)));
  }
  const list = Array.isArray(value);
  const keys = list ? null : Object.keys(value);
  const size = list ? value.length : keys.length;
  const [left, right] = list ? "[]" : "{}";
  if (!size) return h("div", {class: "x-json-leaf"}, name, left + right);
  const inner = h("div", {class: "x-json-in"});
  const fill = (from) => {
    for (let at = from; at < Math.min(size, from + STEP); at++) inner.append(tree(list ? value[at] : value[keys[at]], open - 1, list ? at : keys[at]));
    if (from + STEP < size) inner.append(h("button", {class: "x-more", onclick: (event) => (event.target.remove(), fill(from + STEP))}, `Show ${Math.min(STEP, size - from - STEP)} of ${size - from - STEP} more`));
  };
  const node = h("details", {class: "x-json", open: open > 0}, h("summary", {}, name, left, h("span", {class: "x-json-size"}, ` ${size} `), right), inner);
  if (open > 0) fill(0);
  else node.addEventListener("toggle", () => fill(0), {once: true});
  return node;
}

// What every view needs: text with its masks, tables, and facts of messages.

import {h} from "../dom.js";
import {printable, text} from "../format.js";

const MASK = /(\[redacted\])/i;

/** *value* as text nodes: control characters are seen, and what the recorder masked is marked. */
export function shown(value) {
  return printable(text(value)).split(MASK).map((part, at) => (at % 2 ? h("mark", {title: "Masked by the recorder"}, part) : part));
}

/** The payload of a message: its key is "body", "text" or "bytes". */
export const payload = (message) => message.body ?? message.text ?? message.bytes;

/** The value of the first of *pairs* that is called *name*, as text. */
export const header = (pairs, name) => text(pairs.find((pair) => text(pair?.[0]).toLowerCase() === name)?.[1]);

/** What is missing, and why; empty if nothing is. */
export const missing = (exchange) => Object.entries(exchange.dropped ?? {}).map(([why, count]) => `${count.toLocaleString("en")} ${printable(why)}`).join("; ");

/** A choice of *labels*: the one that is true of *is* is pressed. */
export const choice = (name, labels, is, choose) => h("span", {role: "group", "aria-label": name},
  labels.map((label) => h("button", {"aria-pressed": String(is(label)), onclick: () => choose(label)}, label)));

/** A table of arrays of cells, the first of each is its head; *heads* are those of the columns. */
export const table = (caption, heads, rows, kind = "") => h("table", {class: `x-table ${kind}`}, caption && h("caption", {}, caption),
  heads && h("thead", {}, h("tr", {}, heads.map((one) => h("th", {scope: "col"}, one || h("span", {class: "unseen"}, "Remarks"))))),
  h("tbody", {}, rows.map(([head, ...cells]) => h("tr", {}, h("th", {scope: "row"}, head), cells.map((one) => h("td", {}, one))))));

/** Pairs of names and values; what a name means, as the server says of *exchange*, is seen on hover and focus. */
export const headers = (exchange, pairs) => table(`Headers (${pairs.length})`, null, pairs.map((pair) => {
  const [name, value] = Array.isArray(pair) ? pair : [pair, ""];
  const means = exchange.drawn.meanings[text(name).toLowerCase()];
  return [means ? h("span", {class: "x-means", tabindex: "0", "data-means": means, "aria-description": means}, shown(name)) : shown(name), shown(value)];
}), "mono");

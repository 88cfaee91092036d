// What else happened: logs, spans, measures, outgoing calls, blocked stretches.

import {h, put} from "../dom.js";
import {ms, printable} from "../format.js";
import {choice, shown, table} from "./facts.js";
import {tree} from "./tree.js";

export const KINDS = {log: "logs", span: "spans", measure: "measures", call: "calls", blocked: "blocked"};

/** How a note is coloured: by how serious it is, else by its kind. */
export const hue = ({kind, level}) => `x-hue-${{critical: "error", error: "error", warning: "warning"}[level] ?? kind}`;

const said = (detail) => Object.entries(detail).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  ");

/** The notes as a table; *state.off* are the kinds that are hidden. */
export function notes(exchange, state) {
  const all = exchange.notes.toSorted((a, b) => a.at_ms - b.at_ms);
  const off = (state.off ??= new Set());
  const labels = Object.fromEntries(Object.entries(KINDS).map(([kind, label]) => [`${label} ${all.filter((one) => one.kind === kind).length}`, kind]).filter(([label]) => !label.endsWith(" 0")));
  const element = h("div", {class: "x-pad"});
  const show = () => put(element, choice("Kinds", Object.keys(labels), (label) => !off.has(labels[label]), (label) => {
    if (!off.delete(labels[label])) off.add(labels[label]);
    show();
  }), table("What happened meanwhile", ["At", "Kind", "Took", "What"], all.filter((one) => !off.has(one.kind)).map((one) => [
    ms(one.at_ms), h("span", {class: `x-kind ${hue(one)}`}, printable(one.level ?? one.kind)), one.until_ms == null ? "" : ms(one.until_ms - one.at_ms),
    [h("span", {class: "mono"}, shown(one.title)), Object.keys(one.detail).length > 0 && h("details", {}, h("summary", {class: "dim"}, printable(said(one.detail)).slice(0, 160)), tree(one.detail))]]), "x-notes"));
  show();
  return element;
}

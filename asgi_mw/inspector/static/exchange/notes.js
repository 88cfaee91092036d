// What else happened meanwhile: logs, spans, measures, outgoing calls, blocked stretches.

import {h, put} from "../dom.js";
import {ms, printable} from "../format.js";
import {shown} from "./facts.js";
import {tree} from "./tree.js";
import {level} from "./timeline.js";

const KINDS = {log: "logs", span: "spans", measure: "measures", call: "outgoing calls", blocked: "blocked"};
const MOST = 500;

/** Notes in lanes, so that none covers another: [{kind, items}], *gap* ms apart at least. */
export function packed(all, gap) {
  const found = [];
  for (const kind of Object.keys(KINDS)) {
    const rows = [];
    for (const one of all.filter((note) => note.kind === kind).sort((a, b) => a.at_ms - b.at_ms || (b.until_ms ?? 0) - (a.until_ms ?? 0))) {
      const [from, to] = [one.at_ms, Math.max(one.until_ms ?? one.at_ms, one.at_ms + gap * 3)];
      let row = rows.find((other) => kind === "log" || other.until <= from);
      if (!row) rows.push(row = {kind, items: []});
      row.items.push(one);
      row.until = to;
    }
    found.push(...rows.slice(0, 12));
  }
  return found;
}

/** The notes as a table; *state.kinds* are those that are hidden. */
export function notes(exchange, state) {
  const all = [...(exchange.notes ?? [])].sort((a, b) => a.at_ms - b.at_ms);
  const off = state.kinds ??= new Set();
  const body = h("tbody");
  const there = Object.keys(KINDS).filter((kind) => all.some((one) => one.kind === kind));
  const buttons = there.map((kind) => h("button", {onclick: () => (off.has(kind) ? off.delete(kind) : off.add(kind), show())}, `${KINDS[kind]} ${all.filter((one) => one.kind === kind).length}`));
  const show = () => {
    buttons.forEach((one, at) => one.setAttribute("aria-pressed", String(!off.has(there[at]))));
    put(body, all.filter((one) => !off.has(one.kind)).slice(0, MOST).map((one) => h("tr", {class: `x-note-row x-level-${level(one)}`},
      h("td", {class: "x-num"}, ms(one.at_ms)), h("td", {}, h("span", {class: `x-kind x-kind-${one.kind}`}, one.level ? printable(one.level).toLowerCase() : one.kind)),
      h("td", {class: "x-num"}, one.until_ms == null ? "" : ms(one.until_ms - one.at_ms)),
      h("td", {}, h("span", {class: "x-title"}, shown(one.title)), one.detail && Object.keys(one.detail).length > 0 && h("details", {}, h("summary", {class: "dim"}, printable(Object.entries(one.detail).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  ")).slice(0, 160)), tree(one.detail, 2))))));
  };
  show();
  const element = h("div", {class: "x-notes"}, there.length > 1 && h("div", {class: "x-tools", role: "group", "aria-label": "Kinds"}, buttons),
    h("table", {class: "x-table"}, h("caption", {}, "What happened meanwhile"), h("thead", {}, h("tr", {}, ["At", "Kind", "Took", "What"].map((one) => h("th", {scope: "col"}, one)))), body),
    all.length > MOST && h("p", {class: "dim"}, `The first ${MOST} of ${all.length} are shown.`));
  return all.length ? element : h("p", {class: "empty"}, "Nothing else was noted while this was served: no log record, span, measure or outgoing call.");
}

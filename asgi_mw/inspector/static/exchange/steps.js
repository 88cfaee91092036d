// The steps of an exchange: who takes part, and each message's way from one to the next.

import {bytes, ms} from "../format.js";
import {end} from "./facts.js";

/** The columns, from outside in: {name, kind, layer, why}. */
export function participants(exchange) {
  const layers = (exchange.layers ?? []).map((layer) => ({name: layer.name, kind: "layer", layer, why: layer.visible ? null : layer.why ?? "it cannot be seen"}));
  return [{name: "server", kind: "server"}, ...layers, {name: "app", kind: "app"}];
}

/** The events between column *gap* and the next one. */
export const between = (exchange, gap) => (gap ? exchange.layers[gap - 1].events ?? [] : exchange.events);

export const typeOf = (event) => event.type ?? event.message?.type ?? "";
const statusOf = (event) => event.status ?? event.message?.status ?? null;

/** How deep the call went: the last gap that it crossed. */
export function reach(exchange) {
  const layers = exchange.layers ?? [];
  const stop = layers.findIndex((layer) => layer.answered && !layer.events?.length);
  return stop < 0 ? layers.length : stop;
}

/** What crossed each gap as an exception, outermost first; null where none did. */
export function raised(exchange) {
  const {error} = exchange;
  const layers = exchange.layers ?? [];
  const found = [error && !error.swallowed ? `${error.type}: ${error.message}` : null];
  for (const layer of layers) found.push(layer.error ? layer.error.inside ?? null : found.at(-1));
  return found;
}

function left(exchange, gap) {
  const layers = exchange.layers ?? [];
  if (gap < layers.length) return layers[gap].left_ms ?? (gap ? left(exchange, gap - 1) : exchange.returned_ms);
  const last = between(exchange, gap).reduce((most, one) => Math.max(most, one.returned_ms ?? one.called_ms), 0);
  if (!layers.length) return exchange.returned_ms;
  // Nobody saw the app itself return: it did before its layer went on
  const over = left(exchange, gap - 1);
  const next = between(exchange, gap - 1).find((one) => one.direction === "send" && one.called_ms > last && one.called_ms <= over);
  return layers[gap - 1].error && next ? next.called_ms : over;
}

/** All steps in time, as rows: {kind, type, at, hops: [{gap, at, label, short, event, index}]}. */
export function steps(exchange) {
  const until = end(exchange);
  const deepest = reach(exchange);
  const layers = exchange.layers ?? [];
  const failed = raised(exchange);
  const hops = [];
  let entered = 0;
  for (let gap = 0; gap <= deepest; gap++) {
    entered = Math.max(entered, layers[gap]?.entered_ms ?? layers[gap - 1]?.handed_on_ms ?? entered);
    const asked = exchange.method ? `${exchange.method} ${exchange.path ?? ""}` : exchange.path ?? exchange.type;
    hops.push({kind: "call", type: "call", gap, at: gap ? entered : 0, labels: [asked, exchange.method || "call"], order: gap});
    for (const [index, event] of between(exchange, gap).entries()) hops.push(hop(event, index, gap, until, deepest));
    const at = left(exchange, gap);
    if (at != null) {
      const what = failed[gap];
      hops.push({kind: what ? "raise" : "return", type: what ?? "return", gap, at, labels: what ? [what, what.split(":")[0]] : ["returned", "returned"], order: 2 * deepest + 3 - gap});
    }
  }
  hops.sort((a, b) => a.at - b.at || a.order - b.order);
  const rows = [];
  for (const one of hops) {
    const row = rows.at(-1);
    const last = row?.hops.at(-1);
    const goes = one.kind === "call" || one.kind === "receive" ? 1 : -1;
    if (last && row.kind === one.kind && row.type === one.type && last.pending === one.pending && last.gap + goes === one.gap) row.hops.push(one);
    else rows.push({kind: one.kind, type: one.type, goes, at: one.at, hops: [one]});
  }
  for (const row of rows) marked(exchange, row, deepest);
  return rows;
}

function hop(event, index, gap, until, deepest) {
  const type = typeOf(event);
  const inward = event.direction === "receive";
  const pending = event.returned_ms == null;
  const at = inward ? event.returned_ms ?? until : event.called_ms;
  const lost = inward && !type;
  const name = lost ? (event.raised ? `receive: ${event.raised}` : "awaits receive") : type;
  const size = event.bytes ? ` ${bytes(event.bytes)}` : "";
  const more = `${statusOf(event) == null ? "" : ` ${statusOf(event)}`}${size}`;
  const labels = [name, name.replace(/^(http|websocket|lifespan)\./, ""), name.split(".").at(-1)].map((one) => one + more);
  return {kind: event.direction, type: name, gap, at, event, index, pending, labels: [...labels, labels.at(-1).split(" ")[0]], order: inward ? gap : deepest + 1 + deepest - gap};
}

const some = (changes) => ["added", "removed", "replaced"].flatMap((how) => {
  const found = changes?.[how] ?? [];
  const names = Array.isArray(found) ? found.map(([name]) => String(name)) : Object.keys(found);
  return names.length ? [`${how} ${[...new Set(names)].join(", ")}`] : [];
});

/** What *layer* did to the message between the hops *before* and *after*; either may be missing. */
export function changes(layer, kind, before, after) {
  if (kind === "call") return [...some(layer.scope), ...some(layer.request?.headers)];
  const found = [];
  const [one, two] = [before?.event, after?.event];
  const [from, to] = [one && statusOf(one), two && statusOf(two)];
  if (/(start|accept)$/.test(after?.type ?? before?.type ?? "")) found.push(...some(layer.response?.headers));
  if (one && two && from !== to) found.push(`status ${from} became ${to}`);
  if (one && two && one.bytes !== two.bytes) found.push(`${one.bytes} B became ${two.bytes} B`);
  return found;
}

/** Put on a row where it turned, was changed, kept or begun. */
function marked(exchange, row, deepest) {
  row.dots = [];
  const layers = exchange.layers ?? [];
  const dot = (column, what, said) => said.length && row.dots.push({column, what, said: `${layers[column - 1].name}: ${said.join("; ")}`});
  for (const [at, one] of row.hops.entries()) {
    const column = row.goes > 0 ? one.gap : one.gap + 1;
    if (at && column) dot(column, "changed", changes(layers[column - 1], row.kind, row.hops[at - 1], one));
  }
  const [first, last] = [row.hops[0], row.hops.at(-1)];
  const from = row.goes > 0 ? first.gap : first.gap + 1;
  const to = row.goes > 0 ? last.gap + 1 : last.gap;
  if (from >= 1 && from <= layers.length && row.kind !== "call") {
    const layer = layers[from - 1];
    if (!layer.visible) return;
    if (row.kind === "raise") dot(from, "raised", [layer.error?.what === "replaced" ? `replaced ${layer.error.inside}` : "raised it"]);
    else if (row.kind === "send") dot(from, layer.answered ? "answered" : "changed", [layer.answered ? "answered in the app's place" : ["sent it later", ...changes(layer, row.kind, null, first)].join("; ")]);
  }
  if (to >= 1 && to <= layers.length) {
    const layer = layers[to - 1];
    if (row.kind === "raise") dot(to, layer.error?.what === "replaced" ? "replaced" : "swallowed", [layer.error?.what === "replaced" ? `replaced it by ${layer.error.outside}` : "swallowed it"]);
    else if (row.kind === "send") dot(to, "kept", ["held it back"]);
    else if (row.kind === "receive" && last.gap < deepest && layer.received) dot(to, "kept", ["received it in the app's place"]);
  }
}

/** A sentence for one hop. */
export function sentence(people, row, one) {
  const [outer, inner] = [people[one.gap].name, people[one.gap + 1].name];
  const way = row.goes > 0 ? `${outer} to ${inner}` : `${inner} to ${outer}`;
  const waited = one.event?.awaited_ms ?? (one.event?.returned_ms == null ? null : one.event.returned_ms - one.event.called_ms);
  return `${ms(one.at)}: ${way}: ${one.kind === "raise" ? "exception " : ""}${one.labels[0]}${waited == null ? "" : `, awaited ${ms(waited)}`}`;
}

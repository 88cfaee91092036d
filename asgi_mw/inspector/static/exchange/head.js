// The head of an exchange: what was asked, what came of it, where the time went.

import {announce, h, s} from "../dom.js";
import {post} from "../api.js";
import {ms, printable, tone} from "../format.js";
import {missing, shown, spent, start, verdict} from "./facts.js";

const PARTS = [["app", "app at work"], ["receive", "awaiting receive"], ["send", "awaiting send"], ["blocked", "event loop blocked"]];
const ENDS = {client_gone: "the client left", cancelled: "cancelled", error: "an exception", incomplete: "the response is not whole", lost: "its process ended", unsupported: "not supported", complete: "complete"};

async function copy(name, value) {
  try {
    await navigator.clipboard.writeText(value);
    announce(`${name} copied`);
  } catch {
    announce("The browser does not let this page copy");
  }
}

const id = (name, value) => value && h("span", {class: "x-id"}, h("span", {class: "dim"}, name), " ", h("code", {title: printable(value)}, printable(value.length > 16 ? `…${value.slice(-12)}` : value)),
  h("button", {class: "quiet", "aria-label": `Copy the ${name}`, title: `Copy the ${name}`, onclick: () => copy(name, value)}, s("svg", {class: "x-icon", viewBox: "0 0 16 16", "aria-hidden": "true"}, s("path", {d: "M5 5V2h9v9h-3M2 5h9v9H2z"}))));

function split(exchange) {
  const time = spent(exchange);
  const all = PARTS.reduce((sum, [name]) => sum + time[name], 0) || 1;
  const said = PARTS.filter(([name]) => time[name] > 0);
  const bar = h("div", {class: "x-split-bar", role: "img", "aria-label": said.map(([name, words]) => `${words} ${ms(time[name])}`).join(", ")}, said.map(([name, words]) => {
    const part = h("span", {class: `x-bar-${name}`, title: `${words}: ${ms(time[name])}`});
    part.style.setProperty("flex-grow", Math.max(time[name] / all, 0.004));
    return part;
  }));
  return h("div", {class: "x-spent-head"}, h("p", {class: "x-verdict"}, verdict(exchange)), bar,
    h("ul", {class: "x-spent-keys"}, said.map(([name, words]) => h("li", {}, h("span", {class: `x-swatch x-bar-${name}`}), `${words} `, h("b", {}, ms(time[name]))))));
}

/** *act*: {go(step), back, keep}, what the buttons do; *more* are elements for the tools. */
export function head(exchange, act, more) {
  const {method, path, query, route, status, outcome, state, close, worker} = exchange;
  const what = exchange.type === "http" ? method : exchange.type === "websocket" ? "WS" : exchange.type;
  const began = start(exchange);
  const button = (label, name, key, does, extra) => h("button", {...extra, "aria-label": name, title: `${name}${key ? ` (${key})` : ""}`, onclick: does}, label);
  const fact = (name, value) => value != null && value !== "" && h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const lost = missing(exchange);
  const rowTone = tone(exchange);
  return [
    h("div", {class: "x-line1"}, button("←", "Back to the list", "Esc", act.back, {class: "quiet x-back"}),
      h("h2", {class: "x-title1"}, h("span", {class: "x-method"}, printable(what ?? "")), " ", h("span", {class: "x-path", title: printable(`${path ?? ""}${query ? `?${query}` : ""}`)}, shown(path ?? ""), query && h("span", {class: "dim"}, "?", shown(query)))),
      status != null && h("span", {class: `x-badge x-tone-${rowTone}`}, `${status}`, exchange.status_by && h("small", {}, ` by ${exchange.status_by}`)),
      h("span", {class: `x-state tone-${rowTone}`}, ENDS[outcome] ?? printable(outcome ?? state ?? "in flight"), close && `, closed by ${close.by} with ${close.code}`),
      h("span", {class: "grow"}),
      h("span", {class: "x-acts"}, button("‹", "Newer exchange", "[", () => act.go(-1)), button("›", "Older exchange", "]", () => act.go(1)), button(exchange.kept ? "★" : "☆", "Keep it", "k", act.keep, {"aria-pressed": String(Boolean(exchange.kept))}), more)),
    h("div", {class: "x-line2"}, h("dl", {class: "x-numbers"}, fact("Total", exchange.duration_ms == null ? "…" : ms(exchange.duration_ms)), fact("First byte", began && ms(began.called_ms)),
      fact("App returned", exchange.returned_ms != null && exchange.returned_ms - (exchange.duration_ms ?? 0) > 1 ? ms(exchange.returned_ms) : null), fact("Route", route && shown(route)), fact("Worker", worker && printable(`${worker.host} ${worker.pid}`))), split(exchange)),
    h("div", {class: "x-line3"}, id("id", exchange.id), id("request id", exchange.request_id), id("trace id", exchange.trace_id),
      lost && h("span", {class: "x-warn"}, `Not kept: ${printable(lost)}.`), exchange.redacted?.length > 0 && h("span", {class: "x-masked"}, "Masked: ", printable(exchange.redacted.join(", ")), ".")),
  ];
}

/** Change the star of *exchange*. */
export async function keep(exchange) {
  try {
    await post("keep", {id: exchange.id, keep: !exchange.kept});
    exchange.kept = !exchange.kept;
    announce(exchange.kept ? "Kept" : "No longer kept");
  } catch (error) {
    announce(`Not changed: ${printable(error.message)}`);
  }
}

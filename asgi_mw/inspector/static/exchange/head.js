// The head of an exchange: what was asked, what came of it, where the time went.

import {h} from "../dom.js";
import {ms, printable, tone} from "../format.js";
import {outcome} from "../list/columns.js";
import {missing, shown} from "./facts.js";

const PARTS = {app: "app at work", receive: "awaiting receive", send: "awaiting send", blocked: "event loop blocked"};

/** An id, which a click chooses as a whole. */
const id = (name, value) => value && h("span", {class: "dim"}, name, " ", h("code", {}, printable(value)));

function split({spent, drawn}) {
  const [before, most, after] = drawn.verdict;
  const parts = Object.entries(PARTS).map(([name, words]) => [name, words, spent[`${name}_ms`]]).filter(([, , took]) => took > 0);
  return h("div", {class: "x-shares"}, h("div", {}, before, h("strong", {}, most), after), h("div", {class: "x-split-bar", "aria-hidden": "true"}, parts.map(([name, , took]) => {
    const part = h("i", {class: `x-bar-${name}`});
    part.style.setProperty("flex-grow", took);
    return part;
  })), h("div", {class: "x-line dim"}, parts.map(([name, words, took]) => h("span", {}, h("i", {class: `x-swatch x-bar-${name}`}), `${words} `, h("b", {}, ms(took))))));
}

/** *act*: {go(step), keep}, what the buttons do; *more* are elements for the tools. */
export function head(exchange, act, more) {
  const {method, path, query, route, status, close, error, worker, kept, redacted, duration_ms: took, returned_ms: returned} = exchange;
  const button = (label, name, key, does, extra) => h("button", {...extra, "aria-label": name, title: `${name} (${key})`, onclick: does}, label);
  const fact = (name, value) => value && h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const [lost, hue] = [missing(exchange), tone(exchange)];
  const broken = ({counts_as: counts, fault, event, rule, said, sentence}) => counts === "violation" && fault === "app" && h("a", {class: "x-bad", href: `#/x/${exchange.id}/${event == null ? "scope" : `event${event}`}`, title: sentence}, printable(`${said} (${rule})`));
  const asked = [shown(path ?? ""), query && h("span", {class: "dim"}, "?", shown(query))];
  return [
    h("div", {class: "x-line x-acts"}, h("a", {href: document.querySelector("nav a").hash, "aria-label": "Back to the list", title: "Back to the list (Esc)"}, "←"),
      h("h2", {}, h("span", {class: "x-method"}, printable(exchange.type === "http" ? method : exchange.type === "websocket" ? "WS" : exchange.type)), " ", asked),
      status != null && h("b", {class: `x-badge tone-${hue}`}, `${status}`, exchange.status_by && h("small", {}, ` by ${exchange.status_by}`)),
      h("span", {class: `x-state tone-${hue}`}, outcome({...exchange, close_by: close?.by, swallowed: error?.swallowed}), close && ` with ${close.code}`), h("span", {class: "grow"}),
      button("‹", "Exchange before", "[", () => act.go(-1)), button("›", "Next exchange", "]", () => act.go(1)), button(kept ? "★" : "☆", "Keep it", "k", act.keep, {"aria-pressed": String(Boolean(kept))}), more),
    h("div", {class: "x-line"}, h("dl", {class: "x-line"}, fact("Total", took == null ? "…" : ms(took)), fact("First byte", ms(exchange.drawn.first_byte_ms)), fact("App returned", returned - took > 1 && ms(returned)),
      fact("Route", route && shown(route)), fact("Worker", printable(`${worker.host} ${worker.pid}`))), split(exchange)),
    h("div", {class: "x-line"}, id("id", exchange.id), id("request id", exchange.request_id), id("trace id", exchange.trace_id),
      lost && h("span", {class: "x-warn"}, `Missing: ${lost}.`), redacted.length > 0 && h("span", {class: "dim"}, `Masked: ${printable(redacted.join(", "))}.`), [...new Map(exchange.findings.toReversed().map((one) => [one.rule, one])).values()].reverse().map(broken)),
  ];
}

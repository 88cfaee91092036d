// The messages of a WebSocket, or the events of a stream of Server-Sent Events, as a conversation.

import {h, put} from "../dom.js";
import {bytes, ms, printable} from "../format.js";
import {url} from "../api.js";
import {octets, utf8} from "../more/parts.js";
import {payload, shown} from "./facts.js";
import {viewer} from "./body.js";
import {rows} from "./rows.js";

const CODES = {1000: "done", 1001: "going away: a page was left, or a server stops", 1002: "the protocol was violated", 1003: "a kind of data that is not taken", 1005: "no code was given", 1006: "broken off, without a close", 1007: "text that is no UTF-8", 1008: "against the rules of the peer", 1009: "a message was too big", 1010: "an extension is missing", 1011: "the server failed", 1012: "the server restarts", 1013: "try again later", 1014: "a proxy got a bad answer", 1015: "TLS failed", 3000: "not authorized", 3003: "forbidden", 3008: "too slow"};

const meaning = (code) => CODES[code] ?? (code >= 4000 ? "a code of the app's own" : "an unknown code");

function frames(exchange) {
  return exchange.events.flatMap((event, index) => {
    const {message} = event;
    const kind = String(message.type ?? "").replace("websocket.", "");
    const at = event.direction === "receive" ? event.returned_ms : event.called_ms;
    const data = payload(message);
    if ((kind === "receive" || kind === "send") && data !== undefined) return [{event, index, at, mine: event.direction === "send", text: typeof data === "string" ? data : null, data, size: event.bytes, binary: message.text == null}];
    if (kind === "close" || kind === "disconnect") {
      const code = message.code ?? (kind === "close" ? 1000 : 1005);
      return [{event, index, at, notice: `${kind === "close" ? "The app closed" : "Closed"}: ${code}, ${meaning(code)}${message.reason ? `; reason: ${message.reason}` : ""}`}];
    }
    if (kind === "accept") return [{event, index, at, notice: `The app accepted${message.subprotocol ? `, with ${message.subprotocol}` : ""}`}];
    return event.direction === "receive" && !kind && !event.raised ? [{event, index, at, notice: "The app awaits the next message"}] : [];
  });
}

/** Server-Sent Events, each with the time of the message that ended it. */
function sse(exchange) {
  const found = [];
  const read = new TextDecoder();
  let left = "";
  for (const [index, event] of exchange.events.entries()) {
    if (event.message.type !== "http.response.body") continue;
    const pieces = (left + read.decode(octets(payload(event.message)), {stream: true})).split(/\r\n\r\n|\n\n|\r\r/);
    left = pieces.pop();
    for (const piece of pieces) {
      const told = {data: []};
      for (const line of piece.split(/\r\n|\n|\r/)) {
        const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
        if (name === "data") told.data.push(value);
        else if (name) told[name] = value;
        else if (value) told.comment = value;
      }
      const text = told.data.length ? told.data.join("\n") : told.comment ?? "";
      found.push({event, index, at: event.called_ms, mine: true, text, data: text, size: piece.length, tag: [told.event, told.id != null && `id ${told.id}`, !told.data.length && (told.comment != null ? "comment" : told.retry && `retry ${told.retry}`)].filter(Boolean).join(", ")});
    }
  }
  if (left) found.push({at: null, notice: `The last event is not whole: ${left.slice(0, 80)}`});
  return found;
}

/** The view; search, direction and choice are kept in *state*. */
export function conversation(exchange, state) {
  const socket = exchange.type === "websocket";
  const all = socket ? frames(exchange) : sse(exchange);
  const side = h("aside", {class: "x-side", tabindex: "0", "aria-label": "The chosen message"});
  const place = h("div", {class: "x-talk-in"});
  const count = h("span", {class: "dim", role: "status"});
  let found = [];
  let list;

  const preview = (one) => (one.text == null || (one.binary && !one.data) ? `${bytes(one.size)} of binary data${one.data ? "" : ", not kept"}` : one.text.slice(0, 300).replace(/\s+/g, " "));
  function draw(at) {
    const one = found[at];
    if (one.notice) return h("div", {class: "x-talk x-notice"}, h("span", {}, shown(one.notice)), h("span", {class: "x-when"}, one.at == null ? "" : ms(one.at)));
    return h("div", {class: `x-talk ${one.mine ? "x-out" : "x-in"}${one === state.picked ? " x-picked" : ""}`},
      h("button", {class: "x-bubble", tabindex: "-1", onclick: () => pick(at)}, one.tag && h("span", {class: "x-tag"}, shown(one.tag)), h("span", {class: "x-said"}, shown(preview(one)))),
      h("span", {class: "x-when"}, `${ms(one.at)} · ${bytes(one.size)}`));
  }
  function pick(at) {
    const one = found[at];
    if (!one || one.notice) return;
    state.picked = one;
    list.redraw();
    const cut = one.event.payload?.cut;
    const data = octets(one.data);
    const text = utf8(data);
    put(side, h("h2", {}, one.mine ? "Sent by the app" : "Received from the client"), h("p", {class: "dim"}, `${ms(one.at)}, ${bytes(one.size)}, event ${one.index}`),
      one.event.truncated && h("p", {class: "x-warn"}, data.length ? "The recorder kept only a part." : "The recorder did not keep it: in binary data, secrets cannot be told apart."),
      cut && h("a", {href: url(`exchanges/${exchange.id}/events/${one.index}/payload`), download: true}, "Download all of it"),
      data.length > 0 && viewer(data, text != null && /^\s*[[{]/.test(text) ? "application/json" : "", "", state));
  }
  function filter() {
    const wanted = search.value.toLowerCase();
    found = all.filter((one) => (!state.way2 || one.notice || one.mine === (state.way2 === "out")) && (!wanted || (one.text ?? one.notice ?? "").toLowerCase().includes(wanted)));
    state.search = search.value;
    count.textContent = found.length === all.length ? `${all.length} messages` : `${found.length} of ${all.length} messages`;
    list = rows({count: found.length, height: 38, draw, name: "Messages: ↑ and ↓ choose one", onkeydown: keys});
    put(place, list);
    for (const one of ways) one.setAttribute("aria-pressed", String(one.value === (state.way2 ?? "")));
  }
  function keys(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    let at = found.indexOf(state.picked) + step;
    while (found[at]?.notice) at += step;
    if (found[at]) pick(at), list.reveal(at);
  }
  const ways = [["", "All"], ["in", "→ Received"], ["out", "← Sent"]].map(([value, label]) => h("button", {value, onclick: () => (state.way2 = value, filter())}, label));
  const search = h("input", {type: "search", placeholder: "Search the messages", "aria-label": "Search the messages", value: state.search ?? "", oninput: filter});
  filter();
  put(side, h("p", {class: "dim"}, "Choose a message to see all of it."));
  return h("div", {class: "x-talks"}, h("div", {class: "x-tools"}, search, socket && h("span", {class: "x-switch", role: "group", "aria-label": "Direction"}, ways), count), h("div", {class: "x-split"}, place, side));
}

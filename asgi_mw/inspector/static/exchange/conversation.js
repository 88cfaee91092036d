// A WebSocket, or Server-Sent Events, as a conversation.

import {h, put} from "../dom.js";
import {bytes, ms} from "../format.js";
import {url} from "../api.js";
import {octets} from "../more/parts.js";
import {payload, shown} from "./facts.js";
import {viewer} from "./body.js";
import {rows} from "./rows.js";

/** The view; search and choice are kept in *state*. */
export function conversation(exchange, state) {
  const all = exchange.drawn.conversation;
  // What was said is the payload of its event, or a part of it
  const said = (one) => one.text ?? payload(exchange.events[one.event].message);
  const words = (one) => one.notice ?? (typeof said(one) === "string" ? said(one) : "");
  const preview = (one) => (words(one) || one.bytes === 0 ? words(one).slice(0, 300).replace(/\s+/g, " ") : `${bytes(one.bytes)} of binary data${said(one) ? "" : ", not kept"}`);
  const side = h("aside", {class: "x-side", tabindex: "0", "aria-label": "The chosen message"}, h("p", {class: "dim"}, "Choose a message to see all of it."));
  const place = h("div", {class: "x-split"});
  const count = h("span", {class: "dim", role: "status"});
  let [found, list] = [];

  function draw(one, at) {
    const when = h("span", {class: "dim"}, [one.at_ms != null && ms(one.at_ms), one.bytes != null && bytes(one.bytes)].filter(Boolean).join(" · "));
    if (one.notice) return h("div", {class: "x-talk x-notice"}, h("span", {class: "x-said"}, shown(one.notice)), when);
    return h("div", {class: `x-talk ${one.sent ? "x-out" : "x-in"}`, "aria-current": one === state.picked && "true"},
      h("button", {tabindex: "-1", onclick: () => pick(at)}, one.tag && h("b", {}, shown(one.tag)), h("span", {class: "x-said"}, shown(preview(one)))), when);
  }
  function pick(at) {
    const one = found[at];
    state.picked = one;
    list.reveal(at);
    const {truncated, payload: kept} = exchange.events[one.event];
    const data = octets(said(one));
    put(side, h("h2", {}, one.sent ? "Sent by the app" : "Received from the client"), h("p", {class: "dim"}, `${ms(one.at_ms)}, ${bytes(one.bytes)}, event ${one.event}`),
      truncated && h("p", {class: "x-warn"}, data.length ? "The recorder kept only a part." : "The recorder did not keep it: in binary data, secrets cannot be told apart."),
      kept?.cut && h("a", {href: url(`exchanges/${exchange.id}/events/${one.event}/payload`), download: true}, "Download all of it"),
      data.length > 0 && viewer(data, "", "", state));
  }
  function filter() {
    state.search = search.value;
    const wanted = state.search.toLowerCase();
    const now = all.filter((one) => words(one).toLowerCase().includes(wanted));
    found = now;
    count.textContent = `${found.length === all.length ? "" : `${found.length} of `}${all.length} messages`;
    list = rows({count: found.length, height: 38, draw: (at) => draw(now[at], at), name: "Messages: ↑ and ↓ choose one", onkeydown: keys});
    put(place, list, side);
  }
  function keys(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    let at = found.indexOf(state.picked) + step;
    while (found[at]?.notice) at += step;
    if (found[at]) pick(at);
  }
  const search = h("input", {type: "search", placeholder: "Search the messages", "aria-label": "Search the messages", value: state.search, oninput: filter});
  filter();
  return h("div", {}, h("div", {class: "x-tools"}, search, count), place);
}

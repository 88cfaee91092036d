// Every event of an exchange with all its keys.

import {h, put} from "../dom.js";
import {bytes, ms, printable} from "../format.js";
import {url} from "../api.js";
import {headers, missing, payload, shown, table} from "./facts.js";
import {tree} from "./tree.js";

const PAGE = 100;

/** Each key of a message or scope with its value. */
const keys = (exchange, object, caption) => table(caption, null, Object.entries(object).map(([key, one]) => [shown(key),
  key === "headers" && Array.isArray(one) ? headers(exchange, one) : one !== null && typeof one === "object" && one.base64 === undefined ? tree(one, 1)
    : one === "" ? h("span", {class: "dim"}, "empty") : shown(String(one?.base64 ? `base64: ${one.base64}` : one).slice(0, 4096))]), "mono");

const details = (exchange, event, at) => [
  event.raised && h("p", {class: "x-bad"}, "The call raised ", shown(event.raised), "."),
  event.truncated && h("p", {class: "x-warn"}, `The recorder kept less than the ${bytes(event.bytes)} of this message: ${missing(exchange) || "the limits are full"}.`),
  event.payload?.cut && h("p", {class: "dim"}, "Only the first part is shown."),
  keys(exchange, event.message), payload(event.message) != null && event.bytes > 0 && h("a", {href: url(`exchanges/${exchange.id}/events/${at}/payload`), download: true}, `Download ${bytes(event.payload?.bytes ?? event.bytes)}`),
];

/** The view; the event *state.event* is opened. */
export function events(exchange, state) {
  const all = exchange.events;
  const opened = (state.opened ??= new Set(all.length <= 8 ? all.keys() : []));
  const wanted = state.event;
  if (wanted != null) opened.add(wanted);
  function line(event, at) {
    const {type, status, code, more_body: more} = event.message;
    const cell = h("td", {colspan: "6"});
    const detail = h("tr", {class: "x-detail"}, cell);
    const show = () => {
      detail.hidden = !opened.has(at);
      toggle.setAttribute("aria-expanded", opened.has(at));
      if (!detail.hidden && !cell.firstChild) put(cell, details(exchange, event, at));
    };
    const turn = () => (opened.has(at) ? opened.delete(at) : opened.add(at), show());
    const toggle = h("button", {class: "quiet x-fold", id: `x-event-${at}`}, printable(type ?? (event.raised ? "no message" : "still awaited")));
    const said = [status, code, more === true && "more follows", event.raised && `raised ${event.raised}`, event.truncated && "cut"].filter((one) => one || one === 0);
    const cells = [event.returned_ms == null ? "…" : ms(event.awaited_ms), event.bytes ? bytes(event.bytes) : "", printable(said.join(", "))];
    show();
    return [h("tr", {class: "x-event", onclick: turn}, [at, ms(event.called_ms)].map((one) => h("td", {}, one)),
      h("th", {scope: "row"}, h("b", {class: `x-${event.direction}`, role: "img", "aria-label": event.direction}, event.direction === "receive" ? "→ " : "← "), toggle), cells.map((one) => h("td", {}, one))), detail];
  }
  const element = table(null, ["#", "Called", "Message", "Awaited", "Size", ""], []);
  const rest = h("button", {onclick: () => more(shownTo + PAGE)});
  let shownTo = 0;
  function more(to) {
    for (; shownTo <= Math.min(to, all.length); shownTo++) {
      if (exchange.events_missing_at === shownTo) element.tBodies[0].append(h("tr", {class: "x-gap"}, h("td", {colspan: "6"}, `Events are missing here: ${missing(exchange) || "they were not kept"}.`)));
      if (shownTo < all.length) element.tBodies[0].append(...line(all[shownTo], shownTo));
    }
    rest.hidden = shownTo >= all.length;
    rest.textContent = `Show ${Math.min(PAGE, all.length - shownTo)} of ${all.length - shownTo} more`;
  }
  more(Math.max(PAGE, wanted ?? 0));
  if (wanted != null) requestAnimationFrame(() => element.querySelector(`#x-event-${wanted}`)?.scrollIntoView({block: "center"}));
  state.event = null;
  return h("div", {class: "x-pad"}, element, rest, !all.length && h("p", {class: "dim"}, "The app has called neither receive nor send."));
}

/** The view of the scope. */
export const scope = (exchange) => h("div", {class: "x-pad"}, keys(exchange, exchange.scope, `The scope of the ${printable(exchange.type)} connection`));

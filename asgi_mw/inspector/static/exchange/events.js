// Every event of an exchange with all its keys.

import {h, put} from "../dom.js";
import {bytes, ms, printable} from "../format.js";
import {url} from "../api.js";
import {missing, payload, shown} from "./facts.js";
import {table} from "./headers.js";
import {tree} from "./tree.js";

const PAGE = 100;

/** The value of any key of a message or scope. */
export function value(key, one) {
  if (key === "headers" && Array.isArray(one)) return table(one);
  if (one !== null && typeof one === "object" && one.base64 === undefined) return tree(one, 1);
  return h("span", {class: `x-json-${one === null ? "null" : typeof one}`}, one === "" ? h("span", {class: "dim"}, "empty") : shown(String(one?.base64 ? `base64: ${one.base64}` : one).slice(0, 4096)));
}

/** Key and value of each entry of *object*. */
export function keys(object, name) {
  return h("table", {class: "x-table x-keys-of"}, name && h("caption", {}, name), h("tbody", {}, Object.entries(object).map(([key, one]) =>
    h("tr", {}, h("th", {scope: "row"}, shown(key)), h("td", {}, value(key, one))))));
}

function facts(exchange, event, at) {
  const size = payload(event.message) == null ? 0 : event.payload?.bytes ?? event.bytes;
  return h("div", {class: "x-event-in"},
    event.raised && h("p", {class: "x-bad"}, "The call raised ", shown(event.raised), "."),
    event.truncated && h("p", {class: "x-warn"}, `The recorder kept less than the ${bytes(event.bytes)} of this message${missing(exchange) ? `: ${missing(exchange)}` : ""}.`),
    event.payload?.cut && h("p", {class: "dim"}, "Only the first part is shown."),
    keys(event.message), size > 0 && h("a", {href: url(`exchanges/${exchange.id}/events/${at}/payload`), download: true}, `Download ${bytes(size)}`));
}

/** The view; the event *state.event* is opened. */
export function events(exchange, state) {
  const all = exchange.events;
  const body = h("tbody");
  const few = all.length <= 8;
  const opened = state.opened ??= new Set(few ? all.keys() : []);
  if (state.event != null) opened.add(state.event);
  let shownTo = 0;
  function line(event, at) {
    const type = event.message.type ?? (event.raised ? "" : "still awaited");
    const detail = h("tr", {class: "x-event-detail", hidden: !opened.has(at)}, h("td", {colspan: "6"}, opened.has(at) && facts(exchange, event, at)));
    const turn = () => {
      const is = detail.hidden;
      if (is && !detail.firstChild.firstChild) put(detail.firstChild, facts(exchange, event, at));
      detail.hidden = !is;
      toggle.setAttribute("aria-expanded", is);
      is ? opened.add(at) : opened.delete(at);
    };
    const toggle = h("button", {class: "quiet x-fold", "aria-expanded": String(opened.has(at)), id: `x-event-${at}`}, printable(type) || "no message");
    const said = [event.message.status, event.message.code, event.message.more_body === true && "more follows", event.raised && `raised ${event.raised}`, event.truncated && "cut"].filter((one) => one || one === 0);
    return [h("tr", {class: `x-event x-event-${event.direction}`, onclick: turn},
      h("td", {class: "x-num"}, at), h("td", {class: "x-num"}, ms(event.called_ms)), h("th", {scope: "row"}, h("span", {class: `x-arrow x-arrow-${event.direction}`, role: "img", "aria-label": event.direction}, event.direction === "receive" ? "→" : "←"), toggle),
      h("td", {class: "x-num"}, event.returned_ms == null ? "…" : ms(event.awaited_ms)), h("td", {class: "x-num"}, event.bytes ? bytes(event.bytes) : ""), h("td", {class: "dim"}, printable(said.join(", ")))), detail];
  }
  const gap = () => h("tr", {class: "x-gap"}, h("td", {colspan: "6"}, `Events are missing here: ${printable(missing(exchange) || "they were not kept")}.`));
  function more(to) {
    for (; shownTo < Math.min(to, all.length); shownTo++) {
      if (exchange.events_missing_at === shownTo) body.append(gap());
      body.append(...line(all[shownTo], shownTo));
    }
    if (shownTo === all.length && exchange.events_missing_at === all.length) body.append(gap());
    rest.hidden = shownTo >= all.length;
    rest.textContent = `Show ${Math.min(PAGE, all.length - shownTo)} of ${all.length - shownTo} more`;
  }
  const rest = h("button", {class: "x-more", onclick: () => more(shownTo + PAGE)});
  more(Math.max(PAGE, (state.event ?? 0) + 1));
  const head = ["#", "Called", "Message", "Awaited", "Size", ""].map((one) => h("th", {scope: "col"}, one || h("span", {class: "unseen"}, "Remarks")));
  const element = h("div", {class: "x-pad"}, h("table", {class: "x-table x-events"}, h("thead", {}, h("tr", {}, head)), body), rest, !all.length && h("p", {class: "dim"}, "The app has called neither receive nor send."));
  if (state.event != null) requestAnimationFrame(() => element.querySelector(`#x-event-${state.event}`)?.scrollIntoView({block: "center"}), state.event = null);
  return element;
}

/** The view of the scope. */
export const scope = (exchange) => h("div", {class: "x-pad"}, keys(exchange.scope, `The scope of the ${printable(exchange.type)} connection`));

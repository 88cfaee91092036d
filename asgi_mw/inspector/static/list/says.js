// What the list says besides its rows: how many there are, and why there are none.

import {h} from "../dom.js";

const many = (count) => count.toLocaleString("en");

/** How many of how many are shown. */
export function amount(source, shown, filtered) {
  if (filtered) return `${many(shown)} shown of ${many(source.total)} stored${source.next ? ", looking for more…" : ""}`;
  return `Newest ${many(shown)} of ${many(source.total)} shown${source.next && !source.held.full ? ", loading…" : ""}`;
}

/** Whether it is live: a name for the colour, and the words. */
export function liveness(source) {
  if (source.state === "lost") return ["lost", "Connection lost, trying again…"];
  if (source.paused) return ["paused", source.waiting.length ? `Paused: ${many(source.waiting.length)} new` : "Paused"];
  return source.state === "live" ? ["live", "Live"] : ["loading", source.state === "off" ? "Stopped" : "Loading…"];
}

/** Why there is no row, and what to do. */
export function empty(source, {query, unfilter, uncleared}) {
  if (source.problems.length) {
    return [h("h2", {}, "The store cannot be read"), h("ul", {}, source.problems.map((one) => h("li", {}, String(one))))];
  }
  if (source.cleared) {
    return [h("h2", {}, "Cleared"), h("p", {}, "What happens from now on is shown here."),
      h("button", {onclick: uncleared}, "Show all again")];
  }
  if (query) {
    return [h("h2", {}, source.next ? "Nothing matches so far" : "Nothing matches"), h("p", {}, h("code", {}, query)),
      h("button", {onclick: unfilter}, "Clear the filter")];
  }
  const root = new URL("/", document.baseURI).href;
  return [h("h2", {}, "Nothing is recorded yet"), h("p", {}, "Send a request to the app: it is shown here at once."),
    h("pre", {}, `curl ${root}`)];
}

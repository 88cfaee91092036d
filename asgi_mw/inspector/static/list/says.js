// What the list says besides its rows: how many, and why none.

import {h} from "../dom.js";

const many = (count) => count.toLocaleString("en");

/** How many of how many are shown. */
export function amount({rows, query, next, total}) {
  const [shown, more] = [many(rows.view.length), next && !rows.full ? ", loading…" : ""];
  return query ? `${shown} shown of ${many(total)} stored${more}` : `Newest ${shown} of ${many(total)} shown${more}`;
}

/** Whether it is live: a name for the colour, and the words. */
export function liveness({state, paused, waiting}) {
  if (state === "lost") return ["lost", "Connection lost, trying again…"];
  if (paused) return ["paused", waiting.length ? `Paused: ${many(waiting.length)} new` : "Paused"];
  return state === "live" ? ["live", "Live"] : ["loading", state === "off" ? "Stopped" : "Loading…"];
}

/** Why there is no row, and what to do. */
export function empty({problems, query, next}, unfilter) {
  if (problems.length) return [h("h2", {}, "The store cannot be read"), h("ul", {}, problems.map((one) => h("li", {}, one)))];
  if (query) {
    return [h("h2", {}, next ? "Nothing matches so far" : "Nothing matches"), h("p", {}, h("code", {}, query)),
      h("button", {onclick: unfilter}, "Clear the filter")];
  }
  return [h("h2", {}, "Nothing is recorded yet"), h("p", {}, "Send a request to the app: it is shown here at once."),
    h("pre", {}, `curl ${new URL("/", document.baseURI)}`)];
}

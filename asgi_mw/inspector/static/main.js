// Boot: the frame of the page, and which view is shown for which address.

import {post} from "./api.js";
import {h, put} from "./dom.js";
import {list} from "./list/list.js";
import "./exchange/exchange.js";
import "./more/lanes.js";
import "./more/compare.js";
import "./more/layers.js";

const main = h("main", {id: "main", tabindex: "-1"});
const home = h("a", {href: "#/"}, "Exchanges");
const lanes = h("a", {href: "#/lanes"}, "Concurrency");
const recording = h("button", {role: "switch", hidden: true, onclick: record}, "Recording");
const problems = h("ul", {class: "problems", role: "alert"});
let recorder = {};

const VIEWS = [
  [/^#?\/?(?:\?(.*))?$/, (query) => Object.assign(list, {query: new URLSearchParams(query).get("q") ?? ""})],
  [/^#\/x\/([0-9a-f]+)(?:\/(\w+))?$/, (id, view = "") => kept("asgi-exchange", {id, view})],
  [/^#\/compare\/([0-9a-f]+)\/([0-9a-f]+)$/, (left, right) => kept("asgi-compare", {left, right})],
  [/^#\/lanes$/, () => kept("asgi-lanes")],
  [/^/, () => h("p", {class: "empty"}, "There is no such view. ", h("a", {href: "#/"}, "All exchanges"))],
];

/** The element that is shown already, if it is of this kind: it goes on with another address. */
function kept(tag, address) {
  const shown = main.firstElementChild;
  return Object.assign(shown?.localName === tag ? shown : document.createElement(tag), address && {address});
}

function show(event) {
  // The list writes its filter into the address as one types
  const left = event?.oldURL && new URL(event.oldURL).hash;
  if (left != null && VIEWS[0][0].test(left)) home.href = left || "#/";
  const [pattern, view] = VIEWS.find(([one]) => one.test(location.hash));
  document.title = "asgi-mw";
  const element = view(...pattern.exec(location.hash).slice(1));
  if (main.firstElementChild !== element) put(main, element);
  const there = location.hash === "#/lanes" ? lanes : home;
  for (const link of [home, lanes]) link.ariaCurrent = link === there ? "page" : null;
}

/** What the feed says of the recorder. */
function heard({detail}) {
  recorder = {...recorder, ...detail};
  const {recording: on, store = "the store"} = recorder;
  recording.hidden = on == null;
  recording.ariaChecked = String(on);
  recording.textContent = on ? "Recording" : "Not recording";
  recording.title = `${on ? "Stop" : "Start"} recording to ${store}`;
  put(problems, (recorder.problems ?? []).map((one) => h("li", {}, one)));
}

async function record() {
  const on = !recorder.recording;
  try {
    await post("recording", {on});
    heard({detail: {recording: on}});
  } catch (error) {
    put(problems, h("li", {}, `Recording could not be switched: ${error.message}`));
  }
}

/** Escape leads back to the list, where nothing nearer takes it. */
function back(event) {
  if (event.key !== "Escape" || event.defaultPrevented || main.firstElementChild === list) return;
  if (!event.target.closest("input, textarea, select, dialog, [popover]")) location.hash = home.getAttribute("href");
}

document.body.append(
  h("a", {class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), main.focus())}, "Skip to the content"),
  h("header", {class: "top"},
    h("h1", {}, h("a", {href: "#/"}, "asgi-mw")),
    h("nav", {"aria-label": "Views"}, home, lanes),
    h("span", {class: "grow"}),
    recording),
  problems,
  main,
  h("div", {id: "live", class: "unseen", "aria-live": "polite"}));
addEventListener("hashchange", show);
addEventListener("asgi-state", heard);
addEventListener("keydown", back);
show();

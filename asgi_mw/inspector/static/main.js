// Boot: the frame of the page, and which view is shown for which address.

import {h, put} from "./dom.js";
import "./list/list.js";
import "./exchange/exchange.js";
import "./more/lanes.js";
import "./more/compare.js";
import "./more/layers.js";

const main = h("main", {id: "main", tabindex: "-1"});
const list = h("asgi-list");

const VIEWS = [
  [/^#?\/?(?:\?(.*))?$/, (query) => (list.query = new URLSearchParams(query ?? "").get("q") ?? "", list)],
  [/^#\/x\/([0-9a-f]+)(?:\/(\w+))?$/, (id, view) => Object.assign(kept("asgi-exchange"), {address: {id, view: view ?? ""}})],
  [/^#\/compare\/([0-9a-f]+)\/([0-9a-f]+)$/, (left, right) => Object.assign(kept("asgi-compare"), {address: {left, right}})],
  [/^#\/lanes$/, () => kept("asgi-lanes")],
];

/** The element that is shown already, if it is of this kind: it goes on with another address. */
function kept(tag) {
  return main.firstElementChild?.localName === tag ? main.firstElementChild : document.createElement(tag);
}

function show() {
  for (const [pattern, view] of VIEWS) {
    const match = pattern.exec(location.hash);
    if (match) {
      const element = view(...match.slice(1));
      if (main.firstElementChild !== element) put(main, element);
      for (const link of document.querySelectorAll("nav a")) {
        const is = (link.getAttribute("href") === "#/lanes") === location.hash.startsWith("#/lanes");
        if (is) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      return;
    }
  }
  put(main, h("p", {class: "empty"}, "There is no such view. ", h("a", {href: "#/"}, "All exchanges")));
}

function theme() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme ?? (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  localStorage.setItem("asgi-mw theme", root.dataset.theme);
}

const chosen = localStorage.getItem("asgi-mw theme");
if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
document.body.append(
  h("a", {class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), main.focus())}, "Skip to the content"),
  h("header", {class: "top"},
    h("h1", {}, h("a", {href: "#/"}, "asgi-mw")),
    h("nav", {"aria-label": "Views"}, h("a", {href: "#/"}, "Exchanges"), h("a", {href: "#/lanes"}, "Concurrency")),
    h("span", {class: "grow"}),
    h("span", {id: "status", role: "status"}),
    h("button", {class: "quiet", "aria-label": "Light or dark", title: "Light or dark", onclick: theme}, "◐")),
  main,
  h("div", {id: "live", class: "unseen", "aria-live": "polite"}));
addEventListener("hashchange", show);
show();

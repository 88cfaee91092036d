// Two exchanges beside each other.

import {get} from "../api.js";
import {h, put} from "../dom.js";
import {printable} from "../format.js";
import {plural, sign} from "./parts.js";

function table(rows) {
  const value = (said) => h("td", {}, said == null ? "–" : printable(said));
  return h("table", {class: "x-table mono"}, h("thead", {}, h("tr", {}, h("td"), ["name", "left", "right"].map((name) => h("th", {scope: "col"}, name)))),
    h("tbody", {}, rows.map(([kind, name, left, right]) => h("tr", {class: `m-${kind}`}, h("td", {}, sign(kind)), h("th", {scope: "row"}, printable(name)), value(left), value(right)))));
}

function text(title, lines) {
  const line = ([kind, said, other]) => (kind === "left out" ? h("div", {class: "dim"}, `${plural(Number(said), "line")} the same`)
    : h("div", {class: `m-${kind}`}, sign(kind), printable(said), other != null && h("span", {}, `  →  ${printable(other)}`)));
  return h("div", {class: "m-lines mono", tabindex: "0", role: "region", "aria-label": `Differences of the ${title.toLowerCase()}`}, lines.map(line));
}

function section({title, differ, usual, said, rows, lines, left_out: more}) {
  const counted = [differ ? plural(differ, rows ? "difference" : "line") : "no difference", usual && `${usual} usual`].filter(Boolean).join(", ");
  return h("section", {class: differ ? "" : usual ? "m-quiet" : "m-quiet m-even"}, h("h2", {}, title, " ", h("span", {class: "dim"}, counted)),
    said && h("p", {}, said), rows ? table(rows) : lines.length > 0 && text(title, lines), more > 0 && h("p", {class: "dim"}, `${more} more are not shown.`));
}

customElements.define("asgi-compare", class extends HTMLElement {
  #stop = new AbortController();

  set address({left, right}) {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.classList.add("m-compare");
    put(this, h("p", {class: "empty"}, "Comparing …"));
    get(`compare?${new URLSearchParams({left, right})}`, this.#stop.signal).then((found) => this.#show(found), (error) => {
      if (error.name !== "AbortError") put(this, h("p", {class: "empty", role: "alert"}, `These two cannot be compared: ${printable(error.message)}. `, h("a", {href: "#/"}, "All exchanges")));
    });
  }

  disconnectedCallback() {
    this.#stop.abort();
  }

  #show({answer, left, right, usual, parts}) {
    const toggle = (name, label) => h("button", {"aria-pressed": String(this.classList.contains(name)), onclick: ({target}) => target.setAttribute("aria-pressed", this.classList.toggle(name))}, label);
    const link = (side, one) => h("a", {href: `#/x/${one.id}`}, h("b", {}, side), " ", h("span", {class: "mono"}, printable(one.title)));
    put(this,
      h("p", {class: "m-answer", role: "status"}, answer),
      h("div", {class: "m-bar"}, link("Left", left), h("a", {href: `#/compare/${right.id}/${left.id}`}, "⇄ Swap sides"), link("Right", right), h("span", {class: "grow"}),
        toggle("m-all", "Show what is the same"), usual > 0 && toggle("m-noisy", `Show what usually differs (${usual})`)),
      h("div", {class: "m-scroll", tabindex: "0", role: "region", "aria-label": "Differences"}, parts.map(section)));
  }
});

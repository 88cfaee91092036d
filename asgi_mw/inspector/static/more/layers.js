// What each layer did: its time, its changes, and which of them touched a header

import {h, put} from "../dom.js";
import {bytes, ms, printable, text} from "../format.js";
import {plural, sign} from "./parts.js";

const lower = (value) => text(value).toLowerCase();
const shown = (value) => printable(text(value));

/** A line of a difference; *values* are one, or what was before and what is after. */
function line(kind, name, ...values) {
  const [before, after] = values.map(shown);
  return h("li", {class: `m-${kind}`}, sign(kind), h("b", {}, shown(name)), ": ", after === undefined ? before : [h("del", {}, before), ` → ${after}`]);
}

const headerLines = (changed) => ["removed", "replaced", "added"].flatMap((kind) => (changed?.[kind] ?? []).map((one) => Object.assign(line(kind, ...one), {header: lower(one[0])})));
const keyLines = (changed) => Object.entries(changed ?? {}).flatMap(([kind, all]) => Object.entries(all).map(([key, value]) => line(kind, key, ...(kind === "replaced" ? value : [value]))));
const moved = (name, pair, as = (n) => n ?? "none") => (pair && pair[0] !== pair[1] ? [line("replaced", name, ...pair.map(as))] : []);
const messageLines = (said) => [...moved("status", said?.status), ...headerLines(said?.headers), ...moved("body", said?.bytes, bytes), ...moved("messages", said?.messages)];

function happened({visible, why, answered, received, error}) {
  if (!visible) return [["", `not visible: ${why ?? "nothing tells what it does"}`]];
  const how = {swallowed: `swallowed ${error?.inside}`, replaced: `replaced ${error?.inside} by ${error?.outside}`, raised: `raised ${error?.outside}`}[error?.what];
  return [["x-warn", answered && "answered in the app's place"], ["", received > 0 && `received ${plural(received, "message")} in the app's place`], ["x-bad", how]].filter(([, said]) => said);
}

/** A card as deep as its layer. */
function card(depth, kind, name, beside, ...content) {
  const found = h("li", {class: `m-card ${kind}`}, h("div", {class: "m-head"}, h("h2", {}, printable(name)), beside), content);
  found.style.setProperty("--depth", depth);
  return found;
}

function layerCard(layer, at, total) {
  const part = (layer.own_ms ?? 0) / total;
  const fill = h("i");
  fill.style.setProperty("inline-size", `${Math.min(100, part * 100)}%`);
  const sides = layer.visible ? [["Scope", keyLines(layer.scope)], ["Request, on the way in", messageLines(layer.request)], ["Response, on the way out", messageLines(layer.response)]].filter(([, lines]) => lines.length) : [];
  const badges = happened(layer);
  return card(at, layer.visible ? "" : "m-dark", layer.name,
    [!sides.length && !badges.length && "changed nothing", h("code", {class: "m-options"}, layer.layer !== layer.name && printable(layer.layer)),
      layer.visible && h("span", {class: "m-time"}, h("span", {class: "m-meter"}, fill), `${ms(layer.own_ms)}, ${part < 0.01 ? "<1" : Math.round(part * 100)} %`)],
    badges.length > 0 && h("p", {}, badges.map(([kind, said]) => h("span", {class: `m-badge ${kind}`}, printable(said)))),
    sides.length > 0 && h("div", {class: "m-sides"}, sides.map(([title, lines]) => h("section", {}, h("h3", {class: "dim"}, title), h("ul", {class: "mono"}, lines)))));
}

customElements.define("asgi-layers", class extends HTMLElement {
  set exchange({layers, drawn}) {
    this.classList.add("m-layers");
    if (!layers?.length) {
      return void put(this, h("p", {class: "empty"}, "This exchange was recorded without its layers. To see what each changes, record them too, in development: ",
        h("code", {}, "record(layers=True)"), ", or ", h("code", {}, "asgi-mw run --layers"), "."));
    }
    const field = h("input", {type: "search", spellcheck: "false", oninput: () => this.#find(field.value.trim().toLowerCase())});
    const early = layers.findLast((one) => one.answered);
    this.touched = h("span", {class: "dim", role: "status"});
    this.cards = layers.map((layer, at) => layerCard(layer, at, drawn.end_ms));
    put(this, h("p", {class: "m-answer"}, printable(drawn.layers)), h("div", {class: "m-bar"}, h("label", {}, "Which layer touched header ", field), this.touched),
      h("ol", {}, this.cards, card(layers.length, "m-dark", "the app", early && h("span", {class: "dim"}, `did not answer: ${printable(early.name)} did`))));
  }

  #find(name) {
    const hit = this.cards.filter((one) => {
      const lines = [...one.querySelectorAll("li")].filter((line) => line.classList.toggle("m-mark", Boolean(name) && line.header === name));
      return one.classList.toggle("m-hit", lines.length > 0);
    });
    this.touched.textContent = name && (hit.map((one) => one.querySelector("h2").textContent).join(", ") || "none");
  }
});

// What each layer did with an exchange: its time, its changes, and which of them touched a header.

import {h, put} from "../dom.js";
import {bytes, ms, printable, text} from "../format.js";
import {headers, plural, sign, table} from "./parts.js";

const lower = (value) => text(value).toLowerCase();
const shown = (value) => printable(text(value));

/** A line of a difference; *values* are one, or what was before and what is after. */
function line(kind, name, ...values) {
  const [before, after] = values.map(shown);
  return h("li", {class: `m-${kind}`}, sign(kind), h("b", {}, shown(name)), ": ",
    after === undefined ? before : [h("del", {}, before), ` → ${after}`]);
}

const lines = (changed) => ["removed", "replaced", "added"].flatMap((kind) => (changed?.[kind] ?? []).map((one) => line(kind, ...one)));
const pairs = (changed) => Object.fromEntries(Object.entries(changed ?? {}).map(([kind, all]) => [kind, Object.entries(all).map(([key, value]) => (kind === "replaced" ? [key, ...value] : [key, value]))]));
const moved = (name, pair, as = (n) => n ?? "none") => pair && pair[0] !== pair[1] && line("replaced", name, ...pair.map(as));

function changes({scope, request, response}) {
  const message = (said) => [moved("status", said?.status), lines(said?.headers), moved("body", said?.body, bytes), moved("messages", said?.messages)];
  return [["Scope", lines(pairs(scope))], ["Request, on the way in", message(request)], ["Response, on the way out", message(response)]]
    .map(([title, items]) => [title, items.flat().filter(Boolean)]).filter(([, items]) => items.length)
    .map(([title, items]) => h("section", {}, h("h3", {}, title), h("ul", {class: "mono"}, items)));
}

function happened({visible, why, answered, received, error}) {
  const how = {swallowed: `swallowed ${error?.inside}`, replaced: `replaced ${error?.inside} by ${error?.outside}`, raised: `raised ${error?.outside}`}[error?.what];
  const badges = visible === false ? [["", `not visible: ${why ?? "nothing tells what it does"}`]]
    : [["m-warn", answered && "answered in the app's place"], ["", received > 0 && `received ${plural(received, "message")} in the app's place`], ["m-bad", how]];
  return badges.filter(([, said]) => said).map(([kind, said]) => h("span", {class: `m-badge ${kind}`}, printable(said)));
}

/** *values* without those that went, with those that came. */
function turned(values, gone, come) {
  const rest = [...gone];
  return [...values.filter((one) => !rest.includes(one) || !rest.splice(rest.indexOf(one), 1)), ...come];
}

/** The values of the header *name* in *direction*, as they came and after each layer that touched them, in its order. */
export function trail(exchange, name, direction) {
  const said = direction === "receive" ? "request" : "response";
  const of = (list) => (list ?? []).filter(([one]) => lower(one) === name).map(([, ...values]) => values.map(text));
  const steps = [];
  // What the server sees is recorded: the response is followed from there back to the app
  let values = of(headers(exchange, direction)).flat();
  exchange.layers.forEach((layer, at) => {
    const {added, removed, replaced} = layer[said]?.headers ?? {};
    const before = [...of(removed).flat(), ...of(replaced).map((one) => one[0])];
    const after = [...of(replaced).map((one) => one[1]), ...of(added).flat()];
    if (!before.length && !after.length) return;
    const how = !before.length ? "added" : after.length ? "replaced" : "removed";
    // Masked in one and not in the other, or never sent: what the layer itself made of it counts
    const outside = [...values, ...after.filter((one) => !values.includes(one))];
    values = direction === "receive" ? turned(values, before, after) : turned(outside, after, before);
    steps.push({at, name: layer.name, how, after: direction === "receive" ? values : outside});
  });
  if (direction === "receive") return {first: of(headers(exchange, direction)).flat(), steps};
  return {first: values, steps: steps.reverse()};
}

function events(layer, next) {
  const cells = (one) => [one.direction === "receive" ? "→" : "←", printable(one.type ?? ""), one.status, bytes(one.bytes), ms(one.called_ms), printable(one.raised ?? "")];
  return layer.events?.length > 0 && h("details", {}, h("summary", {}, `${plural(layer.events.length, "message")} between ${printable(layer.name)} and ${printable(next)}`),
    table("Messages", ["way", "type", "status", "size", "called", "raised"], layer.events.map(cells)));
}

/** A card as deep as its layer. */
function card(depth, kind, name, ...content) {
  const found = h("li", {class: `m-card ${kind}`}, h("div", {class: "m-head"}, h("h2", {}, printable(name)), content.shift()), content);
  found.style.setProperty("--depth", depth);
  return found;
}

customElements.define("asgi-layers", class extends HTMLElement {
  #exchange;

  set exchange(exchange) {
    this.#exchange = exchange;
    this.classList.add("m-layers");
    const layers = exchange.layers ?? [];
    if (!layers.length) {
      return void put(this, h("p", {class: "empty"}, "This exchange was recorded without its layers. To see what each changes, record them too, in development: ",
        h("code", {}, "record(layers=True)"), ", or ", h("code", {}, "asgi-mw run --layers"), "."));
    }
    const total = Math.max(exchange.returned_ms ?? exchange.duration_ms ?? 0, ...layers.map((one) => one.left_ms ?? 0), 1e-6);
    const field = h("input", {type: "search", list: "m-names", spellcheck: "false", oninput: () => this.#find(field.value)});
    const touched = layers.flatMap((one) => [one.request, one.response]).flatMap((said) => Object.values(said?.headers ?? {}).flat());
    const names = new Set([...headers(exchange, "receive"), ...headers(exchange, "send"), ...touched].map(([name]) => lower(name)));
    const early = layers.findLast((one) => one.answered);
    put(this,
      h("p", {class: "m-answer"}, this.#sentence(layers, total)),
      h("label", {class: "m-bar"}, "Which layer touched header ", field), h("datalist", {id: "m-names"}, [...names].sort().map((name) => h("option", {value: name}))),
      h("div", {class: "m-trail", role: "status"}),
      h("ol", {class: "m-stack"}, layers.map((layer, at) => this.#card(layer, at, total, layers[at + 1]?.name ?? "the app")),
        card(layers.length, "m-app", "the app", early && h("span", {class: "dim"}, `did not answer: ${printable(early.name)} did`))));
  }

  #sentence(layers, total) {
    const sum = layers.reduce((all, one) => all + (one.own_ms ?? 0), 0);
    const early = layers.find((one) => one.answered);
    const slowest = layers.reduce((one, other) => ((other.own_ms ?? 0) > (one.own_ms ?? 0) ? other : one));
    const dark = layers.filter((one) => one.visible === false).length;
    return [`${plural(layers.length, "layer")} took ${ms(sum)} of ${ms(total)}`, sum > 0 && layers.length > 1 && `, most of it ${printable(slowest.name)} (${ms(slowest.own_ms)})`, ".",
      early && ` ${printable(early.name)} answered in the app's place.`, dark > 0 && ` ${dark} cannot be seen.`].filter(Boolean).join("");
  }

  #card(layer, at, total, next) {
    const seen = layer.visible !== false;
    const part = (layer.own_ms ?? 0) / total;
    const fill = h("i");
    fill.style.setProperty("inline-size", `${Math.min(100, part * 100)}%`);
    const [found, badges] = [seen ? changes(layer) : [], happened(layer)];
    return card(at, seen ? "" : "m-dark", layer.name,
      [layer.layer !== layer.name && h("code", {class: "m-options"}, printable(layer.layer ?? "")),
        seen && h("span", {class: "m-time"}, h("span", {class: "m-meter"}, fill), `${ms(layer.own_ms)}, ${part < 0.01 ? "<1" : Math.round(part * 100)} %`)],
      badges.length > 0 && h("p", {class: "m-badges"}, badges),
      found.length ? h("div", {class: "m-sides"}, found) : !badges.length && h("p", {class: "dim"}, "changed nothing"),
      events(layer, next));
  }

  #find(typed) {
    const name = typed.trim().toLowerCase();
    const found = new Set();
    const values = (list) => list.map(shown).join(", ") || "absent";
    const say = (direction) => {
      const {first, steps} = trail(this.#exchange, name, direction);
      for (const {at} of steps) found.add(at);
      const step = ({how, after, ...one}) => [" → ", h("span", {class: `m-${how}`}, [after.length > 0 && `${values(after)} (`, `${how} by ${printable(one.name)}`, after.length > 0 && ")"].filter(Boolean).join(""))];
      return (steps.length > 0 || first.length > 0) && h("p", {class: "mono"}, h("span", {class: "dim"}, direction === "receive" ? "request, from outside in: " : "response, from the app out: "),
        h("b", {}, printable(name)), `: ${values(first)}`, steps.length ? steps.map(step) : h("span", {class: "dim"}, ", no layer touched it"));
    };
    const told = name ? [say("receive"), say("send")].filter(Boolean) : [];
    put(this.querySelector(".m-trail"), told.length || !name ? told : h("p", {class: "dim"}, `Neither request nor response has ${printable(name)}, and no layer touched it.`));
    this.querySelectorAll(".m-card:not(.m-app)").forEach((one, at) => {
      one.classList.toggle("m-hit", found.has(at));
      one.classList.toggle("m-miss", Boolean(name) && !found.has(at));
      for (const item of one.querySelectorAll("li")) item.classList.toggle("m-mark", item.querySelector("b").textContent.toLowerCase() === name);
    });
  }
});

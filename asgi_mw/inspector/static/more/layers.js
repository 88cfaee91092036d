// What each layer did with an exchange: its time, its changes, and which of them touched a header.

import {h, put} from "../dom.js";
import {bytes, ms, printable, text} from "../format.js";
import {headers} from "./parts.js";

const lower = (value) => text(value).toLowerCase();
const shown = (value) => printable(text(value));

/** A line of a difference: *kind* is "added", "removed" or "replaced". */
function line(kind, name, before, after) {
  const sign = {added: "+", removed: "−", replaced: "~"}[kind];
  const was = before !== undefined && h(kind === "replaced" ? "del" : "span", {}, shown(before));
  return h("li", {class: `m-${kind}`},
    h("span", {class: "m-sign", "aria-hidden": "true"}, sign), h("span", {class: "unseen"}, kind),
    h("b", {}, shown(name)), ": ", was, kind === "replaced" && " → ", after !== undefined && h("span", {}, shown(after)));
}

function lines({added = [], removed = [], replaced = []} = {}) {
  return [
    ...removed.map(([name, value]) => line("removed", name, value)),
    ...replaced.map(([name, before, after]) => line("replaced", name, before, after)),
    ...added.map(([name, value]) => line("added", name, undefined, value)),
  ];
}

const flat = ({added = {}, removed = {}, replaced = {}} = {}) => ({
  added: Object.entries(added), removed: Object.entries(removed),
  replaced: Object.entries(replaced).map(([key, [before, after]]) => [key, before, after]),
});

function numbers(title, [before, after] = [0, 0], as = (n) => n) {
  return before !== after && h("li", {class: "m-replaced"}, h("span", {class: "m-sign", "aria-hidden": "true"}, "~"), h("b", {}, title), `: ${as(before ?? "none")} → ${as(after ?? "none")}`);
}

function side(title, items) {
  const some = items.flat().filter(Boolean);
  return some.length > 0 && h("section", {}, h("h3", {}, title), h("ul", {class: "mono"}, some));
}

function changes(layer) {
  const {request: asked = {}, response: answer = {}} = layer;
  const message = ({headers, body, messages}) => [...lines(headers), numbers("body", body, bytes), numbers("messages", messages)];
  return [
    side("Scope", lines(flat(layer.scope))),
    side("Request, on the way in", message(asked)),
    side("Response, on the way out", [answer.status && numbers("status", answer.status), ...message(answer)]),
  ].filter(Boolean);
}

function happened(layer) {
  const {error} = layer;
  const how = error && {
    swallowed: `swallowed ${error.inside}`,
    replaced: `replaced ${error.inside} by ${error.outside}`,
    raised: `raised ${error.outside}`,
  }[error.what];
  return [
    layer.answered && h("span", {class: "m-badge m-warn"}, "answered in the app's place"),
    layer.received > 0 && h("span", {class: "m-badge"}, `received ${layer.received} ${layer.received === 1 ? "message" : "messages"} in the app's place`),
    how && h("span", {class: "m-badge m-bad"}, printable(how)),
  ].filter(Boolean);
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
    const outside = values;
    values = direction === "receive" ? turned(values, before, after) : turned(values, after, before);
    steps.push({at, name: layer.name, how, after: direction === "receive" ? values : outside});
  });
  if (direction === "receive") return {first: of(headers(exchange, direction)).flat(), steps};
  return {first: values, steps: steps.reverse()};
}

function events(layer, next) {
  if (!layer.events?.length) return null;
  const cells = (one) => [one.direction === "receive" ? "→" : "←", printable(one.type ?? ""), one.status ?? "", bytes(one.bytes), ms(one.called_ms), one.raised ? printable(one.raised) : ""];
  return h("details", {}, h("summary", {}, `${layer.events.length} ${layer.events.length === 1 ? "message" : "messages"} between ${printable(layer.name)} and ${printable(next)}`),
    h("div", {class: "m-wide", tabindex: "0", role: "region", "aria-label": "Messages"}, h("table", {class: "mono"},
      h("thead", {}, h("tr", {}, ["", "type", "status", "size", "called", "raised"].map((one) => h("th", {scope: "col"}, one || h("span", {class: "unseen"}, "direction"))))),
      h("tbody", {}, layer.events.map((one) => h("tr", {}, cells(one).map((cell) => h("td", {}, cell))))))));
}

customElements.define("asgi-layers", class extends HTMLElement {
  #exchange;

  set exchange(exchange) {
    this.#exchange = exchange;
    this.classList.add("m-layers");
    const layers = exchange.layers ?? [];
    if (!layers.length) {
      put(this, h("div", {class: "empty"}, h("p", {}, "This exchange was recorded without its layers."),
        h("p", {}, "To see what each layer changes, record them too: ", h("code", {}, "record(layers=True)"), ", or ", h("code", {}, "asgi-mw run --layers"), "."),
        h("p", {}, "It is for development: each layer then costs a little more.")));
      return;
    }
    const total = Math.max(exchange.returned_ms ?? exchange.duration_ms ?? 0, ...layers.map((one) => one.left_ms ?? 0), 1e-6);
    const field = h("input", {type: "search", list: "m-names", autocomplete: "off", spellcheck: "false", placeholder: "content-length", oninput: () => this.#find(field.value)});
    const names = new Set([...headers(exchange, "receive"), ...headers(exchange, "send"), ...layers.flatMap((one) => ["request", "response"].flatMap((said) => Object.values(one[said]?.headers ?? {}).flat()))].map(([name]) => lower(name)));
    put(this,
      h("p", {class: "m-answer"}, this.#sentence(layers, total)),
      h("div", {class: "m-bar"}, h("label", {}, "Which layer touched header ", field), h("datalist", {id: "m-names"}, [...names].sort().map((name) => h("option", {value: name})))),
      h("div", {class: "m-trail", role: "status"}),
      h("ol", {class: "m-stack"}, layers.map((layer, at) => this.#card(layer, at, total, layers[at + 1]?.name ?? "the app")), this.#app(layers)));
  }

  #sentence(layers, total) {
    const own = layers.reduce((sum, one) => sum + (one.own_ms ?? 0), 0);
    const dark = layers.filter((one) => one.visible === false).length;
    const early = layers.find((one) => one.answered);
    const slowest = layers.reduce((one, other) => ((other.own_ms ?? 0) > (one.own_ms ?? 0) ? other : one));
    return [`${layers.length} ${layers.length === 1 ? "layer" : "layers"} took ${ms(own)} of ${ms(total)}`, own > 0 && layers.length > 1 && `, most of it ${printable(slowest.name)} (${ms(slowest.own_ms)})`, ".",
      early && ` ${printable(early.name)} answered in the app's place.`, dark > 0 && ` ${dark} cannot be seen.`].filter(Boolean).join("");
  }

  #card(layer, at, total, next) {
    const seen = layer.visible !== false;
    const part = (layer.own_ms ?? 0) / total;
    const fill = h("i");
    fill.style.setProperty("inline-size", `${Math.min(100, part * 100)}%`);
    const found = seen ? changes(layer) : [];
    const badges = seen ? happened(layer) : [h("span", {class: "m-badge"}, `not visible: ${printable(layer.why ?? "nothing tells what it does")}`)];
    const card = h("li", {class: seen ? "m-card" : "m-card m-dark"},
      h("div", {class: "m-head"}, h("h2", {}, printable(layer.name)),
        layer.layer !== layer.name && h("code", {class: "m-options"}, printable(layer.layer ?? "")),
        seen && h("span", {class: "m-time"}, h("span", {class: "m-meter", "aria-hidden": "true"}, fill), `${ms(layer.own_ms)}, ${part < 0.01 ? "<1" : Math.round(part * 100)} %`)),
      badges.length > 0 && h("p", {class: "m-badges"}, badges),
      found.length > 0 ? h("div", {class: "m-sides"}, found) : seen && !badges.length && h("p", {class: "dim"}, "changed nothing"),
      seen && events(layer, next));
    card.style.setProperty("--depth", at);
    return card;
  }

  #app(layers) {
    const early = layers.findLast((one) => one.answered);
    const card = h("li", {class: "m-card m-app"}, h("div", {class: "m-head"}, h("h2", {}, "the app"), early && h("span", {class: "dim"}, `did not answer: ${printable(early.name)} did`)));
    card.style.setProperty("--depth", layers.length);
    return card;
  }

  #find(typed) {
    const name = typed.trim().toLowerCase();
    const cards = [...this.querySelectorAll(".m-card:not(.m-app)")];
    const found = new Set();
    const say = (direction) => {
      const {first, steps} = trail(this.#exchange, name, direction);
      for (const {at} of steps) found.add(at);
      if (!steps.length && !first.length) return null;
      const values = (list) => (list.length ? list.map(shown).join(", ") : "absent");
      return h("p", {class: "mono"}, h("span", {class: "dim"}, direction === "receive" ? "request, from outside in: " : "response, from the app out: "),
        h("b", {}, printable(name)), `: ${values(first)}`,
        steps.map((one) => [" → ", h("span", {class: `m-${one.how}`}, `${one.after.length ? `${values(one.after)} (` : ""}${one.how} by ${printable(one.name)}${one.after.length ? ")" : ""}`)]),
        !steps.length && h("span", {class: "dim"}, ", no layer touched it"));
    };
    const told = name ? [say("receive"), say("send")].filter(Boolean) : [];
    put(this.querySelector(".m-trail"), told.length || !name ? told : h("p", {class: "dim"}, `Neither request nor response has ${printable(name)}, and no layer touched it.`));
    cards.forEach((card, at) => {
      card.classList.toggle("m-hit", found.has(at));
      card.classList.toggle("m-miss", Boolean(name) && !found.has(at));
      for (const item of card.querySelectorAll("li")) item.classList.toggle("m-mark", Boolean(name) && item.querySelector("b")?.textContent.toLowerCase() === name);
    });
  }
});

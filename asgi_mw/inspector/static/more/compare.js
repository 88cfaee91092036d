// Two exchanges, event by event.

import {exchange as load} from "../api.js";
import {h, put} from "../dom.js";
import {bytes, ms, printable, text} from "../format.js";
import {calm, diff, pretty} from "./diff.js";
import {fullBody, headers, utf8} from "./parts.js";

const NOISE = /^(date|age|x-request-id|x-correlation-id|traceparent|tracestate|server-timing|x-process-time|x-runtime|request_id|trace_id|span_id|began|worker|returned_ms|client)$/;
const LIMIT = 200000; // bytes of a body
const ROWS = 400;
const SIGN = {changed: "≠", added: "+", removed: "−", same: "", noise: "≈"};
const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

/** What two values of *name* are to each other. */
function kind(name, left, right) {
  if (left === right) return "same";
  if (NOISE.test(name) || (left != null && right != null && calm(left) === calm(right))) return "noise";
  return left == null ? "added" : right == null ? "removed" : "changed";
}

const row = (name, left, right) => ({name, left, right, kind: kind(name, left, right)});
const json = (value) => (value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value));

function summary(left, right) {
  const fields = (one) => ({
    method: one.method, path: one.path, query: text(one.query) || null, route: one.route, status: one.status, status_by: one.status_by, outcome: one.outcome, close: json(one.close ?? undefined),
    error: one.error && `${one.error.type}: ${one.error.message}`, bytes_in: bytes(one.bytes_in), bytes_out: bytes(one.bytes_out), events: one.event_count,
    duration_ms: ms(one.duration_ms), returned_ms: ms(one.returned_ms), began: one.began, request_id: one.request_id, trace_id: one.trace_id, worker: one.worker && `${one.worker.host} ${one.worker.pid}`,
  });
  const [a, b] = [fields(left), fields(right)];
  return Object.keys(a).filter((name) => a[name] != null || b[name] != null).map((name) => ({...row(name, a[name], b[name]), ...(name === "duration_ms" && even(left, right) && {kind: "noise"})}));
}

/** Whether two took as long, as far as one run of each can tell. */
const even = (left, right) => Math.abs((right.duration_ms ?? 0) - (left.duration_ms ?? 0)) < Math.max(1, 0.1 * (left.duration_ms ?? 0));

function objects(a = {}, b = {}, but = []) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !but.includes(name)).map((name) => row(name, json(a[name]), json(b[name])));
}

/** Headers by name, whatever their order; what one name says several times keeps its own. */
function pairs(a, b) {
  const by = (list) => list.reduce((all, [name, value]) => all.set(text(name).toLowerCase(), [...(all.get(text(name).toLowerCase()) ?? []), text(value)]), new Map());
  const [one, other] = [by(a), by(b)];
  return [...new Set([...one.keys(), ...other.keys()])].map((name) => row(name, one.get(name)?.join("\n") ?? null, other.get(name)?.join("\n") ?? null));
}

async function events(left, right) {
  const key = (one) => `${one.direction} ${one.message.type ?? "(awaited)"}`;
  const said = (one) => one && [one.message.status, one.message.code, one.bytes ? bytes(one.bytes) : null, one.raised].filter((part) => part != null).join(" ");
  const rest = (one) => one && JSON.stringify({...one.message, headers: null}) + one.bytes + one.raised;
  return (await diff(left.map(key), right.map(key))).map(([how, a, b]) => {
    const [one, other] = [how === "added" ? null : left[a], how === "removed" ? null : right[b]];
    const at = (event) => event && `${said(event)}  at ${ms(event.called_ms)}`.trim();
    return {name: `${(one ?? other).direction === "receive" ? "→" : "←"} ${(one ?? other).message.type ?? "(awaited)"}`, left: at(one), right: at(other), kind: how !== "same" ? how : kind("", rest(one), rest(other))};
  });
}

async function digest(data) {
  if (!crypto.subtle) return "";
  return `, SHA-256 ${Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), (one) => one.toString(16).padStart(2, "0")).join("").slice(0, 16)}…`;
}

/** Lines of a difference, or a sentence where there is none to show. */
async function bodies(left, right, signal) {
  const [a, b] = await Promise.all([left, right].map(([one, direction]) => fullBody(one, direction, signal)));
  const cut = a.cut || b.cut ? " One was cut when it was recorded." : "";
  const same = a.data.length === b.data.length && a.size === b.size && a.data.every((one, at) => one === b.data[at]);
  if (same) return {said: a.size ? `the same, ${bytes(a.size)}${cut && ", as far as they were kept"}` : "none", steps: [], count: 0, noise: 0};
  const [one, other] = [a, b].map((found) => (found.data.length > LIMIT ? null : utf8(found.data)));
  if (one == null || other == null) {
    return {said: `differ: ${bytes(a.size)}${await digest(a.data)} and ${bytes(b.size)}${await digest(b.data)}.${cut}`, steps: [], count: 1, noise: 0, whole: true};
  }
  const lines = [one, other].map((found) => pretty(found).split("\n"));
  if (lines[0].join("\n") === lines[1].join("\n")) return {said: `the same values, written in another way: ${bytes(a.size)} and ${bytes(b.size)}.${cut}`, steps: [], count: 0, noise: 1};
  // Aligned by what does not differ each time, then compared as they are
  const quiet = lines.map((list) => list.map(calm));
  const steps = (await diff(...quiet)).map(([how, x, y]) => ({how: how === "same" && lines[0][x] !== lines[1][y] ? "noise" : how, left: how === "added" ? null : lines[0][x], right: how === "removed" ? null : lines[1][y]}));
  const of = (how) => steps.filter((step) => step.how === how).length;
  return {said: cut.trim(), steps, count: Math.max(of("added"), of("removed")), noise: of("noise")};
}

function table(title, rows) {
  const of = (...kinds) => rows.filter((one) => kinds.includes(one.kind)).length;
  const [differ, noise] = [of("changed", "added", "removed"), of("noise")];
  const value = (said) => h("td", {}, said == null ? h("span", {class: "dim"}, "–") : printable(said));
  const line = (one) => h("tr", {class: `m-${one.kind}`}, h("td", {class: "m-sign"}, h("span", {"aria-hidden": "true"}, SIGN[one.kind]), h("span", {class: "unseen"}, one.kind)), h("th", {scope: "row"}, printable(one.name)), value(one.left), value(one.right));
  return h("section", {class: differ ? "" : noise ? "m-quiet" : "m-quiet m-even"}, h("h2", {}, title, " ", h("span", {class: "dim"}, [differ ? plural(differ, "difference") : "no difference", noise && `${noise} usual`].filter(Boolean).join(", "))),
    h("table", {class: "mono"}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, h("span", {class: "unseen"}, "how")), ["name", "left", "right"].map((name) => h("th", {scope: "col"}, name)))), h("tbody", {}, rows.slice(0, ROWS).map(line))),
    rows.length > ROWS && h("p", {class: "dim"}, `The first ${ROWS} of ${rows.length} are shown.`));
}

function lines(title, found) {
  const near = new Set();
  found.steps.forEach((step, at) => step.how !== "same" && [-2, -1, 0, 1, 2].forEach((by) => near.add(at + by)));
  const out = [];
  let hidden = 0;
  const skip = () => hidden && out.push(h("div", {class: "m-skip dim"}, `${plural(hidden, "line")} the same`));
  found.steps.forEach((step, at) => {
    if (out.length >= ROWS) return;
    if (!near.has(at)) return void hidden++;
    skip();
    hidden = 0;
    const one = (how, said) => h("div", {class: `m-${how}`}, h("span", {class: "m-sign", "aria-hidden": "true"}, SIGN[how]), how !== "same" && h("span", {class: "unseen"}, `${how}: `), printable(said));
    out.push(step.how === "noise" ? [h("div", {class: "m-calm"}, `  ${printable(step.left)}`), one("noise", `${step.left}  →  ${step.right}`)] : one(step.how, step.left ?? step.right));
  });
  skip();
  const count = found.count ? (found.whole ? "they differ" : `${plural(found.count, "line")} differ${found.count === 1 ? "s" : ""}`) : "no difference";
  return h("section", {}, h("h2", {}, title, " ", h("span", {class: "dim"}, [count, found.noise && `${found.noise} usual`].filter(Boolean).join(", "))), found.said && h("p", {}, found.said), out.length > 0 && h("div", {class: "m-lines mono", tabindex: "0", role: "region", "aria-label": `Differences of the ${title.toLowerCase()}`}, out));
}

/** The answer in one sentence. */
function sentence(left, right, parts) {
  const differ = (rows) => rows.filter((one) => !["same", "noise"].includes(one.kind)).length;
  const slower = (right.duration_ms ?? 0) - (left.duration_ms ?? 0);
  const said = [left.status === right.status ? `same status ${left.status ?? ""}`.trim() : `status ${left.status ?? "none"} → ${right.status ?? "none"}`];
  if (left.outcome !== right.outcome) said.push(`outcome ${left.outcome ?? "in flight"} → ${right.outcome ?? "in flight"}`);
  const [asked, answered] = parts.bodies;
  const body = (name, one) => (one.whole ? `${name} differs` : `${name} differs in ${plural(one.count, "line")}`);
  if (asked.count) said.push(body("request body", asked));
  said.push(answered.count ? body("body", answered) : "same body");
  const heads = differ(parts.asked) + differ(parts.answered);
  if (heads) said.push(`${plural(heads, "header")} differ${heads === 1 ? "s" : ""}`);
  const moved = parts.events.filter((one) => one.kind === "added" || one.kind === "removed").length;
  if (moved) said.push(`${plural(moved, "event")} without a counterpart`);
  said.push(even(left, right) ? "as fast" : `${ms(Math.abs(slower))} ${slower > 0 ? "slower" : "faster"}`);
  const all = said.join(", ");
  return `${all[0].toUpperCase()}${all.slice(1)}.`;
}

customElements.define("asgi-compare", class extends HTMLElement {
  #stop = new AbortController();

  set address({left, right}) {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.classList.add("m-compare");
    this.setAttribute("aria-busy", "true");
    put(this, h("p", {class: "empty"}, "Comparing …"));
    this.#show(left, right, this.#stop.signal).catch((error) => {
      if (error.name !== "AbortError") put(this, h("p", {class: "empty", role: "alert"}, `These two cannot be compared: ${printable(error.message)}. `, h("a", {href: "#/"}, "All exchanges")));
    });
  }

  disconnectedCallback() {
    this.#stop.abort();
  }

  async #show(a, b, signal) {
    const [left, right] = await Promise.all([a, b].map((id) => load(id, signal)));
    const parts = {
      summary: summary(left, right),
      scope: objects(left.scope, right.scope, ["headers"]),
      asked: pairs(headers(left, "receive"), headers(right, "receive")),
      answered: pairs(headers(left, "send"), headers(right, "send")),
      events: await events(left.events, right.events),
      bodies: [await bodies([left, "receive"], [right, "receive"], signal), await bodies([left, "send"], [right, "send"], signal)],
    };
    if (signal.aborted) return;
    const noise = Object.values(parts).flat().reduce((sum, one) => sum + (one.kind === "noise" ? 1 : one.noise ?? 0), 0);
    const toggle = (name, label) => h("button", {"aria-pressed": String(this.classList.contains(name)), onclick: ({target}) => target.setAttribute("aria-pressed", this.classList.toggle(name))}, label);
    const link = (side, one) => h("a", {href: `#/x/${a === b || one === left ? a : b}`}, h("b", {}, side), " ", h("span", {class: "mono"}, printable(`${one.method ?? one.type} ${one.path ?? ""}`)));
    this.removeAttribute("aria-busy");
    put(this,
      h("p", {class: "m-answer", role: "status"}, sentence(left, right, parts)),
      h("div", {class: "m-bar"}, link("Left", left), h("a", {class: "m-swap", href: `#/compare/${b}/${a}`, "aria-label": "Swap sides", title: "Swap sides"}, "⇄"), link("Right", right), h("span", {class: "grow"}),
        toggle("m-all", "Show what is the same"), noise > 0 && toggle("m-noisy", `Show what usually differs (${noise})`)),
      h("div", {class: "m-scroll", tabindex: "0", role: "region", "aria-label": "Differences"},
        table("Summary", parts.summary), table("Request headers", parts.asked), lines("Request body", parts.bodies[0]), table("Response headers", parts.answered),
        lines("Response body", parts.bodies[1]), table("Events", parts.events), table("Scope", parts.scope)));
  }
});

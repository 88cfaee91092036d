// Two exchanges, event by event.

import {exchange as load} from "../api.js";
import {h, put} from "../dom.js";
import {bytes, ms, printable, text} from "../format.js";
import {calm, diff, pretty} from "./diff.js";
import {fullBody, headers, plural, sign, utf8} from "./parts.js";

const NOISE = /^(date|age|x-request-id|x-correlation-id|traceparent|tracestate|server-timing|x-process-time|x-runtime|request_id|trace_id|span_id|began|worker|returned_ms|client)$/;
const LIMIT = 200000; // bytes of a body
const ROWS = 400;

/** What two values of *name* are to each other. */
function kind(name, left, right) {
  if (left === right) return "same";
  if (NOISE.test(name) || (left != null && right != null && calm(left) === calm(right))) return "noise";
  return left == null ? "added" : right == null ? "removed" : "changed";
}

const row = (name, left, right) => ({name, left, right, kind: kind(name, left, right)});
const json = (value) => (value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value));

function summary(...both) {
  const [a, b] = both.map((one) => ({
    ...Object.fromEntries(["method", "path", "route", "status", "status_by", "outcome", "began", "request_id", "trace_id"].map((name) => [name, one[name]])), query: text(one.query) || null, close: json(one.close ?? undefined),
    error: one.error && `${one.error.type}: ${one.error.message}`, bytes_in: bytes(one.bytes_in), bytes_out: bytes(one.bytes_out), events: one.event_count, duration_ms: ms(one.duration_ms), worker: json(one.worker),
  }));
  return Object.keys(a).filter((name) => a[name] ?? b[name]).map((name) => ({...row(name, a[name], b[name]), ...(name === "duration_ms" && even(...both) && {kind: "noise"})}));
}

/** Whether two took as long, as far as one run of each can tell. */
const even = (left, right) => Math.abs((right.duration_ms ?? 0) - (left.duration_ms ?? 0)) < Math.max(1, 0.1 * (left.duration_ms ?? 0));

function objects(a = {}, b = {}, but = []) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !but.includes(name)).map((name) => row(name, json(a[name]), json(b[name])));
}

/** Headers by name, whatever their order; what one name says several times keeps its own. */
function pairs(...both) {
  const [a, b] = both.map((list) => list.reduce((all, [name, value]) => all.set(text(name).toLowerCase(), [...(all.get(text(name).toLowerCase()) ?? []), text(value)]), new Map()));
  return [...new Set([...a.keys(), ...b.keys()])].map((name) => row(name, a.get(name)?.join("\n"), b.get(name)?.join("\n")));
}

async function events(left, right) {
  const key = (one) => `${one.direction} ${one.message.type ?? "(awaited)"}`;
  const said = (one) => one && [one.message.status, one.message.code, one.bytes ? bytes(one.bytes) : null, one.message.text?.slice(0, 200), one.raised, `at ${ms(one.called_ms)}`].filter((part) => part != null).join(" ");
  const rest = (one) => JSON.stringify([{...one.message, headers: 0}, one.bytes, one.raised]);
  return (await diff(left.map(key), right.map(key))).map(([how, a, b]) => {
    const [one, other] = [how === "added" ? null : left[a], how === "removed" ? null : right[b]];
    const {direction, message} = one ?? other;
    return {name: `${direction === "receive" ? "→" : "←"} ${message.type ?? "(awaited)"}`, left: said(one), right: said(other), kind: how === "same" ? kind("", rest(one), rest(other)) : how};
  });
}

async function digest(data) {
  if (!crypto.subtle) return "";
  return `, SHA-256 ${Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), (one) => one.toString(16).padStart(2, "0")).join("").slice(0, 16)}…`;
}

/** How two bodies differ: steps by line, how many lines differ (or `whole`), and what is said of it. */
async function bodies(...both) {
  const found = await Promise.all(both);
  const [a, b] = found;
  const cut = a.cut || b.cut ? " One was cut when it was recorded." : "";
  const none = {steps: [], count: 0, noise: 0};
  const same = a.size === b.size && a.data.length === b.data.length && a.data.every((one, at) => one === b.data[at]);
  if (same) return {...none, said: a.size ? `the same, ${bytes(a.size)}${cut && ", as far as they were kept"}` : "none"};
  const texts = found.map(({data}) => (data.length > LIMIT ? null : utf8(data)));
  if (texts.includes(null)) return {...none, count: 1, whole: true, said: `${(await Promise.all(found.map(async (one) => bytes(one.size) + (await digest(one.data))))).join(" and ")}.${cut}`};
  const lines = texts.map((one) => pretty(one).split("\n"));
  // Aligned by what does not differ each time, then compared as they are
  const steps = (await diff(...lines.map((list) => list.map(calm)))).map(([how, x, y]) => {
    const [left, right] = [how === "added" ? null : lines[0][x], how === "removed" ? null : lines[1][y]];
    return {how: how === "same" && left !== right ? "noise" : how, left, right};
  });
  const of = (how) => steps.filter((step) => step.how === how).length;
  const [count, noise] = [Math.max(of("added"), of("removed")), of("noise")];
  return count || noise ? {steps, count, noise, said: cut} : {...none, noise: 1, said: `the same values, written in another way: ${bytes(a.size)} and ${bytes(b.size)}.${cut}`};
}

const section = (kind, title, count, noise, ...content) => h("section", {class: kind}, h("h2", {}, title, " ", h("span", {class: "dim"}, `${count || "no difference"}${noise ? `, ${noise} usual` : ""}`)), content);
const first = (all) => all > ROWS && h("p", {class: "dim"}, `The first ${ROWS} of ${all} are shown.`);

function table(title, rows) {
  const of = (...kinds) => rows.filter((one) => kinds.includes(one.kind)).length;
  const [differ, noise] = [of("changed", "added", "removed"), of("noise")];
  const value = (said) => h("td", {}, said == null ? "–" : printable(said));
  return section(differ ? "" : noise ? "m-quiet" : "m-quiet m-even", title, differ && plural(differ, "difference"), noise,
    h("table", {class: "mono"}, h("thead", {}, h("tr", {}, ["", "name", "left", "right"].map((name) => h(name ? "th" : "td", {}, name)))),
      h("tbody", {}, rows.slice(0, ROWS).map((one) => h("tr", {class: `m-${one.kind}`}, h("td", {}, sign(one.kind)), h("th", {scope: "row"}, printable(one.name)), value(one.left), value(one.right))))), first(rows.length));
}

function lines(title, {steps, count, noise, said, whole}) {
  const near = new Set(steps.flatMap(({how}, at) => (how === "same" ? [] : [-2, -1, 0, 1, 2].map((by) => at + by))));
  const out = [];
  let hidden = 0;
  const one = (how, line) => h("div", {class: `m-${how}`}, sign(how), printable(line));
  const skip = () => hidden > 0 && out.push(h("div", {class: "m-skip dim"}, `${plural(hidden, "line")} the same`));
  [...steps, null].forEach((step, at) => {
    if (step && !near.has(at)) return void hidden++;
    skip();
    hidden = 0;
    if (step?.how === "noise") out.push([h("div", {class: "m-calm"}, sign("same"), printable(step.left)), one("noise", `${step.left}  →  ${step.right}`)]);
    else if (step) out.push(one(step.how, step.left ?? step.right));
  });
  return section("", title, count && (whole ? "they differ" : `${plural(count, "line")} differ${count === 1 ? "s" : ""}`), noise, said && h("p", {}, said),
    out.length > 0 && h("div", {class: "m-lines mono", tabindex: "0", role: "region", "aria-label": `Differences of the ${title.toLowerCase()}`}, out.slice(0, ROWS)), first(out.length));
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
    const heads = (direction) => pairs(headers(left, direction), headers(right, direction));
    const parts = {
      summary: summary(left, right),
      scope: objects(left.scope, right.scope, ["headers"]),
      asked: heads("receive"),
      answered: heads("send"),
      events: await events(left.events, right.events),
      bodies: await Promise.all(["receive", "send"].map((direction) => bodies(fullBody(left, direction, signal), fullBody(right, direction, signal)))),
    };
    if (signal.aborted) return;
    const noise = Object.values(parts).flat().reduce((sum, one) => sum + (one.kind === "noise" ? 1 : one.noise ?? 0), 0);
    const toggle = (name, label) => h("button", {"aria-pressed": String(this.classList.contains(name)), onclick: ({target}) => target.setAttribute("aria-pressed", this.classList.toggle(name))}, label);
    const link = (side, one) => h("a", {href: `#/x/${one.id}`}, h("b", {}, side), " ", h("span", {class: "mono"}, printable(`${one.method ?? one.type} ${one.path ?? ""}`)));
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

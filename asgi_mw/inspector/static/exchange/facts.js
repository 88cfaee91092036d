// What an exchange tells, worked out once for every view.

import {h} from "../dom.js";
import {ms, printable, text} from "../format.js";
import {headers} from "../more/parts.js";

const MASK = /(\[redacted\])/i;

/** *value* as text nodes: control characters are seen, and what the recorder masked is marked. */
export function shown(value) {
  return printable(text(value)).split(MASK).map((part, at) => (at % 2 ? h("mark", {class: "x-mask", title: "Masked by the recorder"}, part) : part));
}

/** The payload of a message: its key is "body", "text" or "bytes". */
export const payload = (message) => message.body ?? message.text ?? message.bytes;

/** The value of the first of *pairs* that is called *name*, as text. */
export function header(pairs, name) {
  const found = (pairs ?? []).find((pair) => text(pair?.[0]).toLowerCase() === name);
  return found ? text(found[1]) : "";
}

/** The event that began the answer. */
export const start = (exchange) => exchange.events.find((one) => one.direction === "send" && /\.(start|accept)$/.test(one.message.type ?? ""));

export const isSse = (exchange) => /^text\/event-stream/i.test(header(headers(exchange, "send"), "content-type"));

/** Up to when it is known, in ms after it began. */
export function end(exchange) {
  const events = exchange.events.reduce((most, one) => Math.max(most, one.called_ms, one.returned_ms ?? 0), 0);
  const now = exchange.outcome ? 0 : Date.now() - Date.parse(exchange.began.slice(0, 23) + "Z");
  return Math.max(events, exchange.returned_ms ?? 0, exchange.duration_ms ?? 0, now, 0.001);
}

/** Stretches [from, to] as a union, in order. */
export function merged(stretches) {
  const all = [];
  for (const [from, to] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** What of *from*..*to* is in none of *others*, which are in order. */
export function rest(from, to, others) {
  const free = [];
  for (const [a, b] of others) {
    if (a > from) free.push([from, Math.min(a, to)]);
    from = Math.max(from, b);
  }
  if (from < to) free.push([from, to]);
  return free.filter(([a, b]) => b > a);
}

/** When the caller of these events waited: {receive, send, listen}, as stretches. */
export function waits(events, until, http) {
  const sends = events.filter((one) => one.direction === "send");
  const found = {receive: [], send: [], listen: []};
  for (const one of events) {
    const stretch = [one.called_ms, one.returned_ms ?? until];
    // Who waits for the client to leave while the answer is sent, works meanwhile
    const listens = http && one.direction === "receive" && (one.raised || !/request$/.test(one.message?.type ?? one.type ?? "")) && sends.some((other) => other.called_ms >= stretch[0] && other.called_ms <= stretch[1]);
    found[listens ? "listen" : one.direction].push(stretch);
  }
  return {receive: merged(found.receive), send: merged(found.send), listen: merged(found.listen)};
}

/** The lanes of the time line: {app, receive, send, listen, blocked}, as stretches. */
export function lanes(exchange) {
  const until = end(exchange);
  const found = waits(exchange.events, until, exchange.type === "http");
  const blocked = merged((exchange.notes ?? []).filter((one) => one.kind === "blocked").map((one) => [one.at_ms, one.until_ms ?? one.at_ms]));
  const app = rest(0, exchange.returned_ms ?? until, merged([...found.receive, ...found.send]));
  return {...found, app, blocked};
}

const sum = (stretches) => stretches.reduce((all, [a, b]) => all + b - a, 0);

/** How the time was spent, in ms: {app, receive, send, blocked}. */
export function spent(exchange) {
  const said = exchange.spent;
  if (said) return {app: said.app_ms ?? 0, receive: said.receive_ms ?? 0, send: said.send_ms ?? 0, blocked: said.blocked_ms ?? 0};
  const {app, receive, send, blocked} = lanes(exchange);
  return {app: sum(app), receive: sum(receive), send: sum(send), blocked: sum(blocked)};
}

/** Who was slow, in one sentence; the greatest part of it is strong. */
export function verdict(exchange) {
  const time = spent(exchange);
  const most = Math.max(...Object.values(time));
  const told = (name, after = "") => (time[name] > most / 50 || (name === "app" && !exchange.events.length) ? [time[name] === most ? h("strong", {}, ms(time[name]), after) : `${ms(time[name])}${after}`] : null);
  const [app, receive, send, blocked] = [told("app"), told("receive", exchange.type === "http" ? " to send" : " to say something"), told("send", " to read"), told("blocked")];
  const clauses = [
    app && ["the app worked ", app],
    (receive || send) && ["the client took ", send, receive && send && " and ", receive],
    blocked && ["the event loop was blocked for ", blocked],
  ].filter(Boolean);
  return clauses.map(([first, ...more], at) => [at ? `; ${first}` : first[0].toUpperCase() + first.slice(1), more]).concat(exchange.outcome ? "." : ", so far.");
}

/** What is missing, and why, as one sentence; empty if nothing is. */
export function missing(exchange) {
  return Object.entries(exchange.dropped ?? {}).map(([why, count]) => {
    const [, what, reason] = /^(\w+) (?:not kept: )?(.*)$/.exec(why) ?? [null, why, ""];
    return `${count.toLocaleString("en")} ${what}${reason && ` (${reason})`}`;
  }).join("; ");
}

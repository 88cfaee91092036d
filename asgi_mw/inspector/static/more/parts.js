// What a request and a response are made of; and words of several views.

import {url} from "../api.js";
import {h} from "../dom.js";

/** The octets of a value of the API. */
export function octets(value) {
  if (typeof value?.base64 === "string") return Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0));
  return new TextEncoder().encode(value ?? "");
}

/** Octets as text; null if they are no UTF-8. */
export function utf8(data) {
  try {
    return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(data);
  } catch {
    return null;
  }
}

/** The headers of what was received (the request) or sent (the response). */
export function headers({scope, events}, direction) {
  if (direction === "receive") return scope?.headers ?? [];
  return events.find((one) => one.direction === "send" && /(start|accept)$/.test(one.message.type))?.message.headers ?? [];
}

/** The body that was kept: {data, size, cut, partial}; cut by the recording, or partial on this page only. */
export function body(exchange, direction) {
  const found = exchange.events.filter((one) => one.direction === direction && /http\..*(request|body)$/.test(one.message.type));
  const parts = found.map((one) => octets(one.message.body));
  const data = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  parts.reduce((at, one) => (data.set(one, at), at + one.length), 0);
  return {
    data,
    size: found.reduce((sum, one) => sum + one.bytes, 0),
    cut: found.some((one) => one.truncated) || exchange.events_missing_at != null,
    partial: found.some((one) => one.payload?.cut),
  };
}

/** The same, with what this page was not given yet. */
export async function fullBody(exchange, direction, signal) {
  const found = body(exchange, direction);
  if (!found.partial) return found;
  const answer = await fetch(url(`exchanges/${exchange.id}/body/${direction}`), {signal});
  if (!answer.ok) throw new Error(`the body cannot be read: ${answer.status} ${answer.statusText}`);
  return {...found, data: new Uint8Array(await answer.arrayBuffer()), partial: false};
}

export const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

const SIGNS = {added: "+", removed: "−", replaced: "~", changed: "≠", usual: "≈"};

/** The mark of a difference, to be seen and to be heard. */
export const sign = (kind) => [h("span", {class: "m-sign", "aria-hidden": "true"}, SIGNS[kind]), SIGNS[kind] && h("span", {class: "unseen"}, `${kind} `)];

// Times, sizes and moments as people read them.

const two = (count) => String(count).padStart(2, "0");
const short = (value) => (value < 99.95 ? value.toFixed(1) : value.toFixed(0));

/** 0.85 → "850 µs", 3.4 → "3.4 ms", 1250 → "1.25 s", 125000 → "2m 05s". */
export function ms(value) {
  if (value == null) return "";
  if (value < 0) return `-${ms(-value)}`;
  if (value < 0.9995) return `${Math.round(value * 1000)} µs`;
  if (value < 999.5) return `${short(value)} ms`;
  if (value < 59995) return `${(value / 1000).toFixed(2)} s`;
  const seconds = Math.round(value / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m ${two(seconds % 60)}s` : `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** 999 → "999 B", 65536 → "65.5 kB". */
export function bytes(count) {
  if (count == null) return "";
  const [size, unit] = [[1e3, "kB"], [1e6, "MB"], [1e9, "GB"]].findLast(([size]) => count >= size * 0.9995) ?? [];
  return count < 1000 ? `${count} B` : `${short(count / size)} ${unit}`;
}

/** The local time of day of *epoch* ms, to the millisecond. */
export function clock(epoch) {
  const then = new Date(epoch);
  return `${[then.getHours(), then.getMinutes(), then.getSeconds()].map(two).join(":")}.${String(then.getMilliseconds()).padStart(3, "0")}`;
}

/** "12 s ago". */
export function ago(epoch) {
  const seconds = Math.max(0, (Date.now() - epoch) / 1000);
  const [length, unit] = [[1, "s"], [60, "min"], [3600, "h"], [86400, "d"]].findLast(([one]) => seconds >= one) ?? [1, "s"];
  return `${Math.floor(seconds / length)} ${unit} ago`;
}

/** What of the outcome and status the colour says: "ok", "redirect", "client", "server", "flight" or "off". */
export function tone({outcome, status}) {
  if (outcome == null) return "flight";
  if (["error", "lost", "incomplete"].includes(outcome) || status >= 500) return "server";
  if (["client_gone", "cancelled"].includes(outcome) || status >= 400) return "client";
  if (status >= 300) return "redirect";
  return status ? "ok" : "off";
}

/** Text as it can be shown: control characters are seen, and drive nothing. */
export function printable(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value of the API as text: bytes that are no UTF-8 come as {base64}. */
export function text(value) {
  if (value == null) return "";
  if (typeof value.base64 === "string" && Object.keys(value).length === 1) return atob(value.base64);
  return typeof value === "string" ? value : JSON.stringify(value);
}

// Times, sizes and moments as people read them.

/** 0.85 → "850 µs", 3.4 → "3.4 ms", 1250 → "1.25 s", 125000 → "2m 05s". */
export function ms(value) {
  if (value == null) return "";
  const sign = value < 0 ? "-" : "";
  const v = Math.abs(value);
  if (v < 0.9995) return `${sign}${Math.round(v * 1000)} µs`;
  if (v < 999.5) return `${sign}${v < 99.95 ? v.toFixed(1) : v.toFixed(0)} ms`;
  if (v < 59995) return `${sign}${(v / 1000).toFixed(2)} s`;
  const seconds = Math.round(v / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${sign}${minutes}m ${String(seconds % 60).padStart(2, "0")}s`;
  return `${sign}${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** 999 → "999 B", 65536 → "65.5 kB". */
export function bytes(count) {
  if (count == null) return "";
  if (count < 1000) return `${count} B`;
  let value = count;
  for (const unit of ["kB", "MB", "GB"]) {
    value /= 1000;
    if (value < 999.5 || unit === "GB") return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
  }
}

/** The local time of day of *epoch* ms, to the millisecond. */
export function clock(epoch) {
  const then = new Date(epoch);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}.${String(then.getMilliseconds()).padStart(3, "0")}`;
}

/** "12 s ago". */
export function ago(epoch, now = Date.now()) {
  const seconds = Math.max(0, (now - epoch) / 1000);
  if (seconds < 60) return `${seconds.toFixed(0)} s ago`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(0)} min ago`;
  if (seconds < 86400) return `${(seconds / 3600).toFixed(1)} h ago`;
  return `${(seconds / 86400).toFixed(0)} d ago`;
}

/** What of the outcome and status the colour says: "ok", "redirect", "client", "server", "flight" or "off". */
export function tone(row) {
  if (row.outcome == null) return "flight";
  if (row.outcome === "error" || row.outcome === "lost" || row.outcome === "incomplete" || row.status >= 500) return "server";
  if (row.outcome === "client_gone" || row.outcome === "cancelled" || row.status >= 400) return "client";
  if (row.status >= 300) return "redirect";
  return row.status ? "ok" : "off";
}

/** Text as it can be shown: control characters are seen, and drive nothing. */
export function printable(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value of the API as text: bytes that are no UTF-8 come as {base64}. */
export function text(value) {
  if (value == null) return "";
  if (typeof value === "object" && typeof value.base64 === "string" && Object.keys(value).length === 1) return atob(value.base64);
  return typeof value === "string" ? value : JSON.stringify(value);
}

// The columns of the list: their text, tone and width, and what they are sorted by.

import {ago, bytes, clock, ms, printable, tone} from "../format.js";

const day = new Intl.DateTimeFormat("sv").format;
const BY_SERVER = "sent by the server, since the app raised before it answered";

/** "GET"; what stands in its place for other types. */
export function method(row) {
  return row.method || {websocket: "WS", lifespan: "LIFESPAN"}[row.type] || printable(row.type);
}

/** The path and the query. */
export function target(row) {
  return printable((row.path ?? "") + (row.query ? `?${row.query}` : ""));
}

function status(row) {
  if (row.status == null) return row.outcome ? "–" : "…";
  return row.status + (row.status_by === "server" ? "*" : row.close_code == null ? "" : ` ${row.close_code}`);
}

function statusTitle(row) {
  if (row.status_by === "server") return `${row.status}* ${BY_SERVER}`;
  if (row.close_code == null) return "";
  return `${row.close_by === "nobody" ? "The connection was lost" : `The ${row.close_by} closed it`}, with code ${row.close_code}`;
}

/** How it ended; a 5xx failed. */
export function outcome(row) {
  if (!row.outcome) return "in flight";
  const more = row.swallowed ? "error swallowed" : row.close_by === "nobody" ? "connection lost" : row.close_by ? `${row.close_by} closed` : row.status_by === "server" && "server answered";
  if (row.outcome === "complete" && (more || row.status > 499)) return more || "failed";
  return row.outcome.replace("_", " ") + (more ? `, ${more}` : "");
}

function moment({began}, {relative, narrow}) {
  if (relative) return ago(began);
  const time = clock(began);
  if (narrow) return time.slice(0, 8);
  return day(began) === day(Date.now()) ? time : `${day(began).slice(5)} ${time.slice(0, 8)}`;
}

const number = (field, write = String) => ({key: (row) => row[field], text: (row) => (row[field] == null ? "" : write(row[field])), number: true});
const words = (read) => ({key: read, text: read, title: read});
const field = (name) => ({key: (row) => row[name], text: (row) => printable(row[name] ?? "")});
const failure = (row) => (row.swallowed ? "client" : "server");

/**
 * Each column: `label`, `width` in px, and where the window is `narrow`; `extra`: only if chosen; `text(row, context)`,
 * `title(row)`, `tone(row)`, and `key(row)` to sort by.
 */
export const COLUMNS = [
  {name: "time", label: "Time", width: 124, narrow: 76, ...number("began"), text: moment, title: (row) => `${day(row.began)} ${clock(row.began)}`},
  {name: "method", label: "Method", width: 80, key: method, text: method},
  {name: "status", label: "Status", width: 94, narrow: 62, key: (row) => row.status, text: status, title: statusTitle, tone},
  {name: "path", label: "Path", width: 300, narrow: 120, ...words(target), key: (row) => row.path},
  {name: "route", label: "Route", width: 160, extra: true, ...field("route")},
  {name: "outcome", label: "Outcome", width: 128, ...words(outcome),
    tone: (row) => (row.swallowed ? "client" : row.outcome !== "complete" || row.status > 499 ? tone(row) : "off")},
  {name: "first_byte", label: "First byte", width: 96, ...number("first_byte_ms", ms)},
  {name: "duration", label: "Duration", width: 92, narrow: 82, ...number("duration_ms", ms)},
  {name: "in", label: "In", width: 70, extra: true, ...number("bytes_in", bytes)},
  {name: "out", label: "Out", width: 70, ...number("bytes_out", bytes)},
  {name: "layers", label: "Layers", width: 74, extra: true, ...number("layers_ms", ms)},
  {name: "worker", label: "Worker", width: 70, extra: true, ...number("pid"), title: (row) => `process ${row.pid} on ${printable(row.host)}`},
  {name: "error", label: "Error", width: 220, extra: true, ...field("error"), title: (row) => printable(row.error ?? ""), tone: failure},
];

/** What the list can be searched for in *row*, in lower case. */
export function searched(row) {
  return [method(row), target(row), row.route, status(row), outcome(row), row.error, row.id, row.request_id, row.trace_id].join("\n").toLowerCase();
}

// What the columns of the list say: their text, tone, order and width.

import {ago, bytes, clock, ms, printable, tone} from "../format.js";

export const SERVER_ANSWERED = "sent by the server, since the app raised before it answered";

/** "GET"; what stands in its place for other types. */
export function method(row) {
  return row.method || {websocket: "WS", lifespan: "LIFESPAN"}[row.type] || printable(row.type);
}

/** The path and the query. */
export function target(row) {
  return printable(row.query ? `${row.path ?? ""}?${row.query}` : (row.path ?? ""));
}

function status(row) {
  if (row.status == null) return row.outcome ? "–" : "…";
  if (row.status_by === "server") return `${row.status}*`;
  return row.close_code != null ? `${row.status} ${row.close_code}` : String(row.status);
}

function statusTitle(row) {
  if (row.status_by === "server") return `${row.status}* ${SERVER_ANSWERED}`;
  if (row.close_code == null) return null;
  const who = row.close_by === "nobody" ? "The connection was lost" : `The ${row.close_by} closed it`;
  return `${who}, with code ${row.close_code}`;
}

function outcome(row) {
  if (!row.outcome) return "in flight";
  const more = row.swallowed ? "error swallowed" : row.close_by === "nobody" ? "connection lost" : row.close_by && `${row.close_by} closed`;
  if (more && row.outcome === "complete") return more;
  return row.outcome.replace("_", " ") + (more ? `, ${more}` : "");
}

function day(epoch) {
  const then = new Date(epoch);
  const two = (n) => String(n).padStart(2, "0");
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`;
}

let today = "";

/** Look at the calendar: moments of other days are shown with theirs. */
export function newDay() {
  today = day(Date.now());
}

function moment(row, {relative, narrow}) {
  if (relative) return ago(row.began);
  const [date, time] = [day(row.began), clock(row.began).slice(0, narrow ? 8 : 12)];
  return narrow || date === today ? time : `${date.slice(5)} ${time}`;
}

const number = (name) => ({key: (row) => row[name], number: true});
const span = (name) => ({text: (row) => ms(row[name]), ...number(name)});
const size = (name) => ({text: (row) => bytes(row[name]), ...number(name)});
const words = (name) => ({text: (row) => (row[name] == null ? "" : printable(row[name])), key: (row) => row[name]});

/** Each column: its `label`, `width` in px, whether it is `shown` unless chosen otherwise. */
export const COLUMNS = [
  {name: "time", label: "Time", width: 106, shown: true, narrow: 76, text: moment, key: (row) => row.began, number: true,
    title: (row) => `${day(row.began)} ${clock(row.began)}`},
  {name: "type", label: "Type", width: 84, ...words("type")},
  {name: "method", label: "Method", width: 80, shown: true, text: method, key: method},
  {name: "status", label: "Status", width: 94, shown: true, narrow: 62, text: status, key: (row) => row.status, title: statusTitle, tone},
  {name: "path", label: "Path", width: 300, shown: true, narrow: 120, grows: true, text: target, key: target, title: target},
  {name: "route", label: "Route", width: 160, ...words("route")},
  {name: "outcome", label: "Outcome", width: 128, shown: true, text: outcome, key: outcome, title: outcome,
    tone: (row) => (row.swallowed ? "client" : row.outcome === "complete" ? "off" : tone(row))},
  {name: "first_byte", label: "First byte", width: 96, shown: true, ...span("first_byte_ms")},
  {name: "duration", label: "Duration", width: 92, shown: true, narrow: 82, ...span("duration_ms")},
  {name: "in", label: "In", width: 70, ...size("bytes_in")},
  {name: "out", label: "Out", width: 70, shown: true, ...size("bytes_out")},
  {name: "layers", label: "Layers", width: 74, ...span("layers_ms")},
  {name: "worker", label: "Worker", width: 70, text: (row) => String(row.pid ?? ""), key: (row) => row.pid, number: true,
    title: (row) => `process ${row.pid} on ${printable(row.host)}`},
  {name: "request_id", label: "Request id", width: 150, ...words("request_id")},
  {name: "trace_id", label: "Trace id", width: 150, ...words("trace_id")},
  {name: "error", label: "Error", width: 220, ...words("error"), title: words("error").text,
    tone: (row) => (row.swallowed ? "client" : "server")},
  {name: "bar", label: "Waterfall", width: 160, shown: true, key: (row) => row.duration_ms, number: true, text: () => ""},
];

/** What the list can be searched for in *row*, in lower case. */
export function searched(row) {
  return [method(row), target(row), row.route, status(row), outcome(row), row.error, row.id, row.request_id, row.trace_id]
    .join("\n").toLowerCase();
}

/** Compare two rows by *column*, those without a value last, the newest first among equals. */
export function comparing({key}, descending) {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const left = key(a) ?? null;
    const right = key(b) ?? null;
    if (left === right) return newest(a, b);
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -sign : sign;
  };
}

/** Compare two rows by when they began, the newest first. */
export function newest(a, b) {
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** A length of time, just above the longest of *rows*, that most bars of them can be seen on. */
export function scaleOf(rows) {
  const spans = rows.map((row) => row.duration_ms ?? 0).sort((a, b) => a - b);
  if (!spans.length) return 1;
  const most = Math.min(spans[spans.length - 1], Math.max(20 * spans[spans.length >> 1], 0.1));
  const ten = 10 ** Math.floor(Math.log10(most || 0.1));
  return [1, 2, 5, 10].map((n) => n * ten).find((n) => n >= most * 0.999);
}

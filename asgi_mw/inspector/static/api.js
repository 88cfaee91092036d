// Ask the server: rows, whole exchanges, and what comes live.

const base = new URL("api/", document.baseURI.split("#")[0]);

/** The object that *path* answers; an Error with its `error` and `status` if it refuses. */
export async function get(path, signal) {
  return answered(await fetch(new URL(path, base), {signal, credentials: "same-origin"}));
}

/** The same for what changes something. */
export async function post(path, body) {
  const headers = {"content-type": "application/json", "x-asgi-mw": "1"};
  return answered(await fetch(new URL(path, base), {method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin"}));
}

async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(body.error ?? response.statusText), {status: response.status, body});
  return body;
}

/** The URL of something to download. */
export function url(path) {
  return new URL(path, base).href;
}

/** A table of the API as objects. */
export function objects({columns, rows}) {
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
}

/** Newest rows that match *q*, before the id *before*. */
export async function list({q = "", before = "", limit = 500} = {}, signal) {
  const found = await get(`exchanges?${new URLSearchParams({q, before, limit})}`, signal);
  return {...found, rows: objects(found)};
}

/** One exchange, whole. */
export async function exchange(id, signal) {
  return (await get(`exchanges/${encodeURIComponent(id)}`, signal)).exchange;
}

/**
 * Follow what happens: calls `on.rows(rows, total)`, `on.flying(rows)`, `on.lag({at, lag_ms})`,
 * `on.gap(missed)`, `on.state(state)`, `on.open()` and `on.lost()`; returns what ends it.
 */
export function follow(q, on) {
  const source = new EventSource(new URL(`feed?${new URLSearchParams({q})}`, base));
  const hear = (name, tell) => source.addEventListener(name, (event) => tell(JSON.parse(event.data)));
  hear("rows", (data) => on.rows?.(objects(data), data.total));
  hear("flying", (data) => on.flying?.(objects(data)));
  hear("lag", (data) => on.lag?.(data));
  hear("gap", (data) => on.gap?.(data.missed));
  hear("state", (data) => on.state?.(data));
  source.addEventListener("open", () => on.open?.());
  source.addEventListener("error", () => on.lost?.());
  return () => source.close();
}

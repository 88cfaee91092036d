// Ask the server for rows, exchanges, and what comes live.

const AGAIN = 3000;
const CHANGES = {"content-type": "application/json", "x-asgi-mw": "1"};

/** The URL of something to download. */
export function url(path) {
  return new URL(`api/${path}`, document.baseURI.split("#")[0]).href;
}

/** What *path* answers; an Error with its `error` and `status` if it refuses. */
export async function get(path, signal, more) {
  const response = await fetch(url(path), {signal, ...more}).catch((error) => {
    throw signal?.aborted ? error : new Error("the server does not answer");
  });
  const body = await response.json().catch((error) => response.ok ? Promise.reject(error) : {});
  if (!response.ok) throw Object.assign(new Error(body.error ?? response.statusText), {status: response.status, body});
  return body;
}

/** The same, for changes. */
export function post(path, body) {
  return get(path, null, {method: "POST", headers: CHANGES, body: JSON.stringify(body)});
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
 * Lost connections are made again; every state is an "asgi-state" event of the window too.
 */
export function follow(q, on) {
  let source = null;
  let again = 0;
  const tell = {
    rows: (data) => on.rows?.(objects(data), data.total),
    flying: (data) => on.flying?.(objects(data)),
    lag: (data) => on.lag?.(data),
    gap: ({missed}) => on.gap?.(missed),
    state: (detail) => (on.state?.(detail), dispatchEvent(new CustomEvent("asgi-state", {detail}))),
  };
  const connect = () => {
    source = new EventSource(url(`feed?${new URLSearchParams({q})}`));
    for (const name in tell) source.addEventListener(name, ({data}) => tell[name](JSON.parse(data)));
    source.onopen = () => on.open?.();
    source.onerror = () => {
      on.lost?.();
      if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, AGAIN);
    };
  };
  connect();
  return () => {
    clearTimeout(again);
    source.close();
  };
}

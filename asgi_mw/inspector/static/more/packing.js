// Which lane each exchange takes: what ran at the same time lies below each other.

/** When *row* ended, in epoch ms; what is in flight ends *now*. */
export function ended(row, now) {
  return row.outcome == null ? now : row.began + Math.max(row.returned_ms ?? 0, row.duration_ms ?? 0);
}

/** Lanes by worker: *rows* by `began`, each in the first lane that is free; [{pid, host, lanes: [[row]]}]. */
export function packed(rows, now) {
  const workers = new Map();
  for (const row of rows) {
    const key = `${row.host} ${row.pid}`;
    if (!workers.has(key)) workers.set(key, {host: row.host, pid: row.pid, lanes: [], ends: []});
    const {lanes, ends} = workers.get(key);
    let at = ends.findIndex((end) => end <= row.began);
    if (at < 0) at = lanes.push([]) - 1;
    lanes[at].push(row);
    ends[at] = ended(row, now);
  }
  return [...workers.values()].sort((a, b) => a.pid - b.pid);
}

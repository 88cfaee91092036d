// The exchanges that the page holds: the newest, in order, and never more than it may.

import {newest} from "./columns.js";

const REPEATED = ["type", "method", "path", "query", "route", "status_by", "outcome", "state", "close_by", "host", "error"];
const REMEMBERED = 4096;

export class Held {
  /** Those in the order that was asked for. */
  view = [];
  #all = [];
  #byId = new Map();
  #strings = new Map();
  #order = null;
  #dropped = false;

  constructor(limit = 100_000) {
    this.limit = limit;
  }

  get newest() {
    return this.#all[0];
  }

  /** Whether there is no room for older ones. */
  get full() {
    return this.#dropped || this.#all.length >= this.limit;
  }

  get count() {
    return this.#all.length;
  }

  get(id) {
    return this.#byId.get(id);
  }

  has(row) {
    return this.#byId.get(row?.id) === row;
  }

  /** Take *rows* in, in whichever order; returns those that were not there. */
  add(rows) {
    const fresh = [];
    let changed = false;
    for (const row of rows) {
      const known = this.#byId.get(row.id);
      if (known) {
        changed ||= known.duration_ms !== row.duration_ms || known.kept !== row.kept;
        Object.assign(known, row);
        continue;
      }
      row.hit = 0;
      for (const name of REPEATED) if (typeof row[name] === "string") row[name] = this.#once(row[name]);
      this.#byId.set(row.id, row);
      fresh.push(row);
    }
    this.#all = merged(this.#all, fresh.sort(newest), newest);
    if (!this.#order) this.view = this.#all;
    else if (changed) this.sort(this.#order);
    else this.view = merged(this.view, [...fresh].sort(this.#order), this.#order);
    if (this.#all.length > this.limit) this.#drop();
    return fresh;
  }

  /** Order the view by *order*; by time, the newest first, without one. */
  sort(order) {
    this.#order = order;
    this.view = order ? [...this.#all].sort(order) : this.#all;
  }

  clear() {
    this.#all = [];
    this.view = this.#order ? [] : this.#all;
    this.#byId.clear();
    this.#strings.clear();
    this.#dropped = false;
  }

  // Some at a time, so that not each new one moves them all
  #drop() {
    this.#dropped = true;
    for (const row of this.#all.splice(Math.floor(this.limit * 0.98))) this.#byId.delete(row.id);
    if (this.#order) this.view = this.view.filter((row) => this.#byId.has(row.id));
  }

  // One copy of what thousands of rows say
  #once(string) {
    const known = this.#strings.get(string);
    if (known !== undefined) return known;
    if (this.#strings.size >= REMEMBERED) this.#strings.clear();
    this.#strings.set(string, string);
    return string;
  }
}

/** Both, in *order*; each of them is already. */
function merged(rows, fresh, order) {
  if (!fresh.length) return rows;
  if (!rows.length || order(rows[rows.length - 1], fresh[0]) <= 0) {
    for (const row of fresh) rows.push(row);
    return rows;
  }
  if (order(fresh[fresh.length - 1], rows[0]) <= 0) {
    rows.unshift(...fresh);
    return rows;
  }
  const both = [];
  let at = 0;
  for (const row of rows) {
    while (at < fresh.length && order(fresh[at], row) < 0) both.push(fresh[at++]);
    both.push(row);
  }
  while (at < fresh.length) both.push(fresh[at++]);
  return both;
}

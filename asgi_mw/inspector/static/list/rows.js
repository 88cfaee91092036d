// The exchanges that the page holds: the newest, in order, and never more than it may.

export class Rows {
  /** Those in the order that was asked for. */
  view = [];
  #all = [];
  #byId = new Map();
  #order = null;
  #dropped = false;

  constructor(limit = 100_000) {
    this.limit = limit;
  }

  get newest() {
    return this.#all[0];
  }

  get count() {
    return this.#all.length;
  }

  /** Whether there is no room for older ones. */
  get full() {
    return this.#dropped || this.count >= this.limit;
  }

  has({id}) {
    return this.#byId.has(id);
  }

  /** Take *rows* in, in whichever order; returns them, or what was held of the same exchanges. */
  add(rows) {
    const fresh = rows.filter((row) => !this.has(row) && this.#byId.set(row.id, row));
    const held = rows.map((row) => {
      const one = Object.assign(this.#byId.get(row.id), row, {text: null});
      one.key = this.#order?.key(one) ?? null;
      return one;
    });
    // Two runs that are in order: sorting merges them
    this.#all = this.#all.concat(fresh).sort(newest);
    this.view = this.#order ? this.view.concat(fresh).sort(this.#order.compare) : this.#all;
    if (this.count > this.limit) this.#drop();
    return held;
  }

  /** Order the view by what *key* says of a row, those without a value last; the newest first without a key. */
  sort(key, descending) {
    this.#order = key && {key, compare: comparing(descending ? -1 : 1)};
    for (const row of this.#all) row.key = key?.(row) ?? null;
    this.view = key ? this.#all.toSorted(this.#order.compare) : this.#all;
  }

  clear() {
    this.#all = this.view = [];
    this.#byId.clear();
    this.#dropped = false;
  }

  // Some at a time, so that not each new one moves them all
  #drop() {
    this.#dropped = true;
    for (const row of this.#all.splice(Math.floor(this.limit * 0.98))) this.#byId.delete(row.id);
    if (this.#order) this.view = this.view.filter((row) => this.has(row));
  }
}

function newest(a, b) {
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

// By their keys, which are made once: making them in each comparison takes seconds
function comparing(sign) {
  return (a, b) => {
    if (a.key === b.key) return newest(a, b);
    if (a.key === null || b.key === null) return a.key === null ? 1 : -1;
    return a.key < b.key ? -sign : sign;
  };
}

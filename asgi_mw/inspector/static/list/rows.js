// The exchanges that the page holds: the newest, in order, and never more than it may.

export class Rows {
  /** Those in the order that was asked for. */
  view = [];
  #all = [];
  #byId = new Map();
  #order = null;
  #keyed = []; // [key, row], as the view has them
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
    const held = rows.map((row) => Object.assign(this.#byId.get(row.id), row, {text: null}));
    // Two runs that are in order: sorting merges them
    this.#all = this.#all.concat(fresh).sort(newest);
    if (this.count > this.limit) this.#drop();
    if (fresh.length < rows.length) this.#keyed = [];
    this.#arrange(fresh.length < rows.length ? this.#all : fresh);
    return held;
  }

  /** Order the view by what *key* says of a row, those without a value last; the newest first without a key. */
  sort(key, descending) {
    this.#order = key && {keyed: (row) => [key(row) ?? null, row], compare: comparing(descending ? -1 : 1)};
    this.#keyed = [];
    this.#arrange(this.#all);
  }

  clear() {
    this.#all = this.view = [];
    this.#keyed = [];
    this.#byId.clear();
    this.#dropped = false;
  }

  // Each key is made once: making them in every comparison takes seconds
  #arrange(fresh) {
    if (!this.#order) return void (this.view = this.#all);
    this.#keyed = this.#keyed.concat(fresh.map(this.#order.keyed)).filter(([, row]) => this.has(row)).sort(this.#order.compare);
    this.view = this.#keyed.map(([, row]) => row);
  }

  // Some at a time, so that not each new one moves them all
  #drop() {
    this.#dropped = true;
    for (const row of this.#all.splice(Math.floor(this.limit * 0.98))) this.#byId.delete(row.id);
  }
}

function newest(a, b) {
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

function comparing(sign) {
  return ([left, a], [right, b]) => {
    if (left === right) return newest(a, b);
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -sign : sign;
  };
}

// Where the rows come from: pages of what is stored, and what the feed says from then on.

import {follow, list} from "../api.js";

const FIRST = 200;
const PAGE = 1000;
const AGAIN = 3000;

/**
 * Fills *held*, and says through *tell* what is to be shown:
 * `changed()`, `flying(rows)`, `gap(missed)`, `refused(message)`, `hungry()` whether older rows are looked for.
 */
export class Source {
  /** "loading", "live", "lost" or "off". */
  state = "off";
  paused = false;
  total = 0;
  /** What the feed brought and is not held yet. */
  waiting = [];
  /** The id to go on before; null if all is here. */
  next = null;
  problems = [];
  #ended = null;
  #run = null;
  #until = "";
  #flying = [];
  #since = "";
  #hurry = () => {};

  constructor(held, tell) {
    this.held = held;
    this.tell = tell;
  }

  /** Show the newest that match *q*, from nothing. */
  async start(q) {
    this.stop();
    this.q = q;
    const run = (this.#run = new AbortController());
    this.#say("loading");
    try {
      const page = await list({q, limit: FIRST}, run.signal);
      this.held.clear();
      this.waiting = [];
      this.#take(page);
      this.next = page.next;
      this.tell.refused("");
    } catch (error) {
      if (run.signal.aborted) return;
      if (error.status >= 400 && error.status < 500) {
        this.#say("off");
        this.tell.refused(error.message);
      } else {
        this.#say("lost");
        setTimeout(() => run.signal.aborted || this.start(q), AGAIN);
      }
      return;
    }
    this.#until = this.held.newest?.id ?? "";
    this.#follow();
    await this.#fill(run.signal);
  }

  /** Go on after `stop`: with what came meanwhile. */
  resume() {
    if (this.#run && !this.#run.signal.aborted) return;
    this.#run = new AbortController();
    this.#follow();
    this.#fill(this.#run.signal);
  }

  /** Ask the server for nothing more. */
  stop() {
    this.#lost();
    this.#run?.abort();
    this.#ended?.();
    this.#ended = null;
  }

  /** Show nothing that is there by now. */
  clear() {
    this.#since = this.held.newest?.id ?? this.#since;
    this.held.clear();
    this.waiting = [];
    this.next = null;
    this.tell.changed();
  }

  /** Show what was cleared again. */
  uncleared() {
    this.#since = "";
    this.start(this.q);
  }

  get cleared() {
    return this.#since !== "";
  }

  /** Hold what waits, unless the list is paused; returns what is new. */
  flush() {
    if (this.paused || !this.waiting.length) return [];
    const rows = this.waiting;
    this.waiting = [];
    return this.held.add(rows);
  }

  /** Older rows are looked for: load the next page now. */
  hurry() {
    this.#hurry();
  }

  #follow() {
    this.#say("loading");
    this.#ended = follow(this.q, {
      open: () => {
        this.tell.flying((this.#flying = []));
        this.#say("live");
        this.#catchUp(this.#run.signal);
      },
      lost: () => (this.#lost(), this.#say("lost")),
      rows: (rows, total) => {
        this.total = total ?? this.total;
        this.#wait(rows);
      },
      flying: (rows) => this.tell.flying((this.#flying = rows)),
      gap: (missed) => this.tell.gap(missed),
      state: (state) => {
        this.problems = state.problems ?? [];
        this.tell.changed();
      },
    });
  }

  // What ended while nobody listened is not older than the newest that is known, or was in flight then
  #lost() {
    if (this.state !== "live") return;
    const ids = [this.held.newest?.id ?? "", ...this.#flying.map((row) => row.id)];
    this.#until = ids.reduce((a, b) => (a < b ? a : b));
  }

  async #catchUp(signal) {
    let before = "";
    try {
      for (let count = 0; count < this.held.limit; ) {
        const page = await list({q: this.q, before, limit: before ? PAGE : FIRST}, signal);
        this.total = page.total;
        this.#wait(page.rows.filter((row) => !this.held.get(row.id)));
        count += page.rows.length;
        const last = page.rows.at(-1)?.id ?? "";
        before = page.next;
        if (!before || (last && last < this.#until)) return;
      }
    } catch {
      // The feed says it too, and comes back
    }
  }

  #wait(rows) {
    for (const row of rows) if (row.id > this.#since) this.waiting.push(row);
    const most = this.held.limit;
    if (this.waiting.length > most * 1.1) this.waiting = this.waiting.slice(-most);
    this.tell.changed();
  }

  async #fill(signal) {
    while (this.next && !this.held.full && !signal.aborted) {
      const began = performance.now();
      try {
        const page = await list({q: this.q, before: this.next, limit: Math.min(PAGE, this.held.limit - this.held.count)}, signal);
        if (signal.aborted || !this.next) return;
        this.#take(page);
        this.next = page.next;
      } catch {
        await new Promise((go) => setTimeout(go, AGAIN));
      }
      // The app has the same loop and the same cores: two thirds of the time are its own
      const rest = Math.max(100, 2 * (performance.now() - began));
      if (!this.tell.hungry()) {
        await new Promise((go) => {
          this.#hurry = go;
          setTimeout(go, rest);
        });
      }
    }
  }

  #take(page) {
    this.held.add(page.rows.filter((row) => row.id > this.#since));
    this.total = page.total;
    this.problems = page.problems ?? [];
    this.tell.changed();
  }

  #say(state) {
    this.state = state;
    this.tell.changed();
  }
}

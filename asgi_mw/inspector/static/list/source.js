// Where rows come from: pages of what is stored, then the feed.

import {follow, list as load} from "../api.js";

const FIRST = 200;
const PAGE = 1000;
const AGAIN = 3000;
const pause = (time) => new Promise((go) => setTimeout(go, time));

/** Fills the rows of *list*, and says to it: `changed()`, `flew(rows)`, `missed(count)`, `refused(message)`. */
export class Source {
  /** "loading", "live", "lost" or "off". */
  state = "off";
  query = null;
  paused = false;
  total = 0;
  /** What the feed brought and is not held yet. */
  waiting = [];
  /** The id to go on before; null if all is here. */
  next = null;
  problems = [];
  #run = null;
  #flying = [];

  constructor(list) {
    this.list = list;
    this.rows = list.rows;
  }

  /** Show the newest that match *query*, from nothing. */
  async start(query) {
    this.stop();
    this.query = query;
    const {signal} = (this.#run = new AbortController());
    this.#say("loading");
    try {
      const page = await load({q: query, limit: FIRST}, signal);
      this.rows.clear();
      this.waiting = [];
      this.#take(page);
      this.list.refused("");
      this.#go(signal);
    } catch (error) {
      if (signal.aborted) return;
      const refused = error.status >= 400 && error.status < 500;
      this.#say(refused ? "off" : "lost");
      if (refused) this.list.refused(error.message);
      else setTimeout(() => signal.aborted || this.start(query), AGAIN);
    }
  }

  /** Go on after `stop`: with what came meanwhile. */
  resume() {
    if (this.query === null || !this.#run?.signal.aborted) return;
    this.#run = new AbortController();
    this.#go(this.#run.signal);
  }

  /** Ask the server for nothing more. */
  stop() {
    this.#run?.abort();
  }

  /** Hold what waits, unless the list is paused; returns what that is. */
  flush() {
    if (this.paused || !this.waiting.length) return [];
    const rows = this.waiting;
    this.waiting = [];
    return this.rows.add(rows);
  }

  #go(signal) {
    this.#say("loading");
    signal.addEventListener("abort", follow(this.query, {
      open: () => {
        // What ended while nobody listened is not older than the newest that is known, or was in flight then
        const [oldest] = [this.rows.newest?.id ?? this.next ?? "", ...this.#flying.map((row) => row.id)].sort();
        this.list.flew((this.#flying = []));
        this.#say("live");
        // Where it fails, the feed does too, and comes back
        this.#catchUp(oldest, signal).catch(() => {});
      },
      lost: () => this.#say("lost"),
      rows: (rows, total) => {
        this.total = total;
        this.#wait(rows);
      },
      flying: (rows) => this.list.flew((this.#flying = rows)),
      gap: (count) => this.list.missed(count),
      state: ({problems}) => {
        this.problems = problems ?? [];
        this.list.changed();
      },
    }));
    this.#fill(signal);
  }

  async #catchUp(oldest, signal) {
    let before = "";
    let count = 0;
    do {
      const page = await load({q: this.query, before, limit: before ? PAGE : FIRST}, signal);
      const fresh = page.rows.filter((row) => !this.rows.has(row));
      // Otherwise the feed may have said a later one by now
      if (fresh.length) this.total = page.total;
      this.#wait(fresh);
      count += page.rows.length;
      before = page.rows.at(-1)?.id < oldest ? null : page.next;
    } while (before && count < this.rows.limit);
  }

  async #fill(signal) {
    while (this.next && !this.rows.full && !signal.aborted) {
      const began = performance.now();
      try {
        this.#take(await load({q: this.query, before: this.next, limit: Math.min(PAGE, this.rows.limit - this.rows.count)}, signal));
      } catch {
        await pause(AGAIN);
      }
      // The app has the same loop: two thirds of the time are its own
      await pause(Math.max(50, 2 * (performance.now() - began)));
    }
  }

  #take({rows, next, total, problems}) {
    this.rows.add(rows);
    Object.assign(this, {next, total, problems: problems ?? []});
    this.list.changed();
  }

  #wait(rows) {
    this.waiting = this.waiting.concat(rows).slice(-this.rows.limit);
    this.list.changed();
  }

  #say(state) {
    this.state = state;
    this.list.changed();
  }
}

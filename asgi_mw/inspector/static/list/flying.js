// What is in flight: what it awaits, and for how long.

import {h, put} from "../dom.js";
import {ms} from "../format.js";
import {method, target} from "./columns.js";

const NOTED = 500;
const TICK = 250;
const MOST = 50;
const AWAITS = {receive: "awaits receive", send: "awaits send", app: "app at work"};

export class Flying {
  count = 0;
  #rows = [];
  #timer = 0;
  #lines = new Map();

  constructor() {
    this.list = h("ul", {});
    this.more = h("p", {class: "dim", hidden: true});
    this.element = h("section", {class: "list-flying", "aria-label": "In flight", hidden: true}, this.list, this.more);
  }

  /** Show *rows*, those that took a moment; shorter ones would only flicker. */
  show(rows) {
    this.count = rows.length;
    this.#rows = [...rows].sort((a, b) => a.began - b.began);
    this.wake();
  }

  /** Tick as long as there is anything that can be seen to. */
  wake() {
    if (this.#timer || document.hidden || !this.element.isConnected) return;
    this.#tick();
    if (this.#rows.length) {
      this.#timer = setInterval(() => (document.hidden || !this.element.isConnected || !this.#rows.length ? this.#sleep() : this.#tick()), TICK);
    }
  }

  #sleep() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#tick();
  }

  #tick() {
    const now = Date.now();
    const rows = this.#rows.filter((row) => now - row.began >= NOTED);
    const shown = rows.slice(0, MOST);
    const ids = new Set(shown.map((row) => row.id));
    for (const id of this.#lines.keys()) if (!ids.has(id)) this.#lines.delete(id);
    const lines = shown.map((row) => this.#line(row, now));
    if (lines.length !== this.list.children.length || lines.some((one, at) => one !== this.list.children[at])) put(this.list, lines);
    this.more.hidden = rows.length <= MOST;
    this.more.textContent = `and ${rows.length - MOST} more`;
    this.element.hidden = !rows.length;
  }

  #line(row, now) {
    let line = this.#lines.get(row.id);
    if (!line) {
      const what = h("span", {class: "tone-flight"});
      const since = h("span", {class: "list-number"});
      line = h("li", {}, h("a", {href: `#/x/${row.id}`}, h("b", {}, method(row)), " ", target(row)), what, since);
      Object.assign(line, {what, since});
      this.#lines.set(row.id, line);
    }
    const all = now - row.began;
    const waited = row.awaiting_since_ms == null ? all : all - row.awaiting_since_ms;
    line.what.textContent = `${AWAITS[row.awaiting] ?? "at work"} ${whole(waited)}`;
    line.since.textContent = `${whole(all)} in all`;
    return line;
  }
}

function whole(span) {
  return span < 60_000 ? `${(Math.max(0, span) / 1000).toFixed(1)} s` : ms(span);
}

// What is in flight: what it awaits, and for how long.

import {h, put} from "../dom.js";
import {ms} from "../format.js";
import {method, target} from "./columns.js";

const NOTED = 500; // ms: shorter ones would only flicker
const MOST = 50;
const AWAITS = {receive: "awaits receive", send: "awaits send", app: "app at work"};

export class Flying {
  #rows = [];
  #lines = new Map();
  #list = h("ul");
  element = h("section", {class: "list-flying", "aria-label": "In flight", hidden: true}, this.#list);

  get count() {
    return this.#rows.length;
  }

  /** Show *rows*, the oldest first. */
  show(rows) {
    this.#rows = rows.toSorted((a, b) => a.began - b.began);
    this.tick();
  }

  /** Say how long it is by now. */
  tick() {
    const now = Date.now();
    const late = this.#rows.filter((row) => now - row.began >= NOTED);
    const before = [...this.#lines.keys()];
    this.#lines = new Map(late.slice(0, MOST).map((row) => [row.id, this.#line(row, now)]));
    if (before.join() !== [...this.#lines.keys()].join()) put(this.#list, [...this.#lines.values()]);
    this.element.hidden = !late.length;
  }

  #line(row, now) {
    const line = this.#lines.get(row.id) ?? h("li", {},
      h("a", {href: `#/x/${row.id}`}, h("b", {}, method(row)), " ", target(row)), h("span", {class: "tone-flight"}), h("span", {class: "list-number"}));
    const whole = now - row.began;
    line.children[1].textContent = `${AWAITS[row.awaiting] ?? "at work"} ${span(whole - (row.awaiting_since_ms ?? 0))}`;
    line.children[2].textContent = `${span(whole)} in all`;
    return line;
  }
}

function span(time) {
  return time < 60_000 ? `${(Math.max(0, time) / 1000).toFixed(1)} s` : ms(time);
}

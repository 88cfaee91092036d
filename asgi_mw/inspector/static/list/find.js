// Find in the rows that the page holds: the browser's own find sees only those in view.

import {h} from "../dom.js";
import {searched} from "./columns.js";

const idle = globalThis.requestIdleCallback ?? ((go) => setTimeout(() => go({timeRemaining: () => 0}), 0));
const AT_ONCE = 200;

/** `tell` answers `view()` and `index()`, and hears `go(index)`, `changed()` and `closed()`. */
export class Finder {
  needle = "";
  #count = h("span", {class: "list-count", role: "status"});
  #run = 0;
  #busy = false;

  constructor(tell) {
    this.tell = tell;
    this.input = h("input", {type: "search", "aria-label": "Find in the rows", placeholder: "Find in the rows", oninput: () => this.#search(),
      onkeydown: (event) => this.#key(event)});
    this.element = h("div", {class: "list-find", role: "search", "aria-label": "Find", hidden: true}, this.input, this.#count,
      h("button", {class: "quiet", "aria-label": "Previous", title: "Previous (Shift+Enter, N)", onclick: () => this.step(-1)}, "↑"),
      h("button", {class: "quiet", "aria-label": "Next", title: "Next (Enter, n)", onclick: () => this.step(1)}, "↓"),
      h("button", {class: "quiet", "aria-label": "Close find", title: "Close (Escape)", onclick: () => this.close()}, "✕"));
  }

  get shown() {
    return !this.element.hidden;
  }

  open() {
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
    if (this.input.value && !this.needle) this.#search();
  }

  close() {
    this.element.hidden = true;
    this.needle = "";
    this.#run++;
    this.tell.changed();
    this.tell.closed();
  }

  /** Look into *rows* that are new. */
  test(rows) {
    if (!this.needle) return;
    for (const row of rows) row.hit = searched(row).includes(this.needle) ? this.#run : 0;
  }

  /** Go to the next row that has it, or the one before. */
  step(by) {
    const view = this.tell.view();
    const from = this.tell.index();
    for (let count = 1; count <= view.length; count++) {
      const at = (((from < 0 && by < 0 ? 0 : from) + by * count) % view.length + view.length) % view.length;
      if (view[at].hit === this.#run && this.needle) {
        this.tell.go(at);
        break;
      }
    }
    this.report();
  }

  /** Say which of how many is selected. */
  report() {
    if (!this.needle) return void (this.#count.textContent = "");
    const selected = this.tell.index();
    let [of, at] = [0, 0];
    this.tell.view().forEach((row, index) => {
      if (row.hit !== this.#run) return;
      of++;
      if (index === selected) at = of;
    });
    const said = of ? (at ? `${at} of ${of}` : `${of} found`) : this.#busy ? "searching…" : "not found";
    if (this.#count.textContent !== said) this.#count.textContent = said;
  }

  #key(event) {
    if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #search() {
    const run = ++this.#run;
    this.needle = this.input.value.toLowerCase();
    this.tell.changed();
    if (!this.needle) return this.report();
    const rows = [...this.tell.view()];
    let at = 0;
    this.#busy = true;
    const slice = (deadline) => {
      if (run !== this.#run) return;
      do {
        this.test(rows.slice(at, (at += AT_ONCE)));
      } while (at < rows.length && deadline.timeRemaining() > 2);
      if (at < rows.length) idle(slice, {timeout: 100});
      else {
        this.#busy = false;
        const selected = this.tell.view()[this.tell.index()];
        if (!selected?.hit || selected.hit !== run) this.step(1);
      }
      this.tell.changed();
      this.report();
    };
    idle(slice, {timeout: 100});
  }
}

// Find in the rows of the page: the browser's own find sees only those in view.

import {h} from "../dom.js";
import {searched} from "./columns.js";

export class Finder {
  needle = "";
  #count = h("span", {class: "dim", role: "status"});

  constructor(list) {
    this.list = list;
    this.input = h("input", {type: "search", "aria-label": "Find in the rows", placeholder: "Find in the rows", oninput: () => this.#search(),
      onkeydown: (event) => this.#key(event)});
    const act = (sign, label, title, onclick) => h("button", {class: "quiet", "aria-label": label, title, onclick}, sign);
    this.element = h("div", {class: "list-find list-line", role: "search", "aria-label": "Find", hidden: true}, this.input, this.#count,
      act("↑", "Previous", "Previous (Shift+Enter, N)", () => this.step(-1)), act("↓", "Next", "Next (Enter, n)", () => this.step(1)),
      act("✕", "Close find", "Close (Escape)", () => this.close()));
  }

  open() {
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
    if (this.input.value) this.#search();
  }

  close() {
    this.element.hidden = true;
    this.needle = "";
    this.list.changed();
    this.list.grid.element.focus();
  }

  /** Look into *rows*, each of which remembers its text. */
  test(rows) {
    for (const row of this.needle ? rows : []) row.hit = (row.text ??= searched(row)).includes(this.needle);
  }

  /** Go to the next row that has it, or the one before. */
  step(by) {
    const hits = this.#hits();
    const from = this.list.grid.index;
    const to = by > 0 ? hits.find((at) => at > from) ?? hits[0] : hits.findLast((at) => at < from) ?? hits.at(-1);
    if (to != null) this.list.grid.go(to, true);
    this.report();
  }

  /** Say which of how many is selected. */
  report() {
    const hits = this.#hits();
    const at = hits.indexOf(this.list.grid.index) + 1;
    const said = !this.needle ? "" : !hits.length ? "not found" : at ? `${at} of ${hits.length}` : `${hits.length} found`;
    if (this.#count.textContent !== said) this.#count.textContent = said;
  }

  /** Where in the view the rows are that have it. */
  #hits() {
    const hits = [];
    if (this.needle) this.list.rows.view.forEach((row, at) => row.hit && hits.push(at));
    return hits;
  }

  #search() {
    this.needle = this.input.value.toLowerCase();
    this.test(this.list.rows.view);
    if (!this.list.grid.selected?.hit) this.step(1);
    this.list.changed();
  }

  #key(event) {
    if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

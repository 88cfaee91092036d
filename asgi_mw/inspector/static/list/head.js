// The head of the table: sorts by a click, and columns are as wide as one draws them.

import {announce, h, put} from "../dom.js";

const LEAST = 40;
const STEP = 8;

export class Head {
  #cells = new Map();
  #order = null;

  constructor(tell) {
    this.tell = tell;
    this.row = h("div", {class: "list-row", role: "row", "aria-rowindex": "1"});
    this.element = h("div", {class: "list-head", role: "rowgroup"}, this.row);
    this.row.addEventListener("keydown", (event) => this.#key(event));
  }

  set columns(columns) {
    const focused = this.row.contains(document.activeElement) && document.activeElement.dataset.name;
    this.#cells = new Map(columns.map((column) => [column.name, this.#cell(column)]));
    put(this.row, [...this.#cells.values()].map((one) => one.element));
    (this.#cells.get(focused) ?? this.#first).button.tabIndex = 0;
    if (focused) this.#cells.get(focused)?.button.focus();
    this.order = this.#order;
  }

  /** Say which column the rows are sorted by: `{name, descending}`, or null. */
  set order(order) {
    this.#order = order;
    for (const [name, {element, button}] of this.#cells) {
      const how = order?.name !== name ? "none" : order.descending ? "descending" : "ascending";
      element.setAttribute("aria-sort", how);
      button.dataset.sort = {none: "", ascending: "▲", descending: "▼"}[how];
    }
  }

  /** Say how long the whole width of a bar is. */
  scale(said) {
    const cell = this.#cells.get("bar");
    if (cell) cell.note.textContent = `0–${said}`;
  }

  get #first() {
    return this.#cells.values().next().value;
  }

  #cell(column) {
    const note = column.name === "bar" ? h("small", {class: "dim"}) : null;
    const button = h("button", {class: "list-sort", "data-name": column.name, tabindex: "-1", onclick: () => this.tell.sorted(column.name)},
      column.label, note && " ", note);
    const handle = h("span", {class: "list-handle", "aria-hidden": "true", ondblclick: () => this.tell.resized(column.name, null),
      onpointerdown: (event) => this.#draw(event, column, element)});
    const element = h("div", {class: `list-cell list-${column.name}${column.number ? " list-number" : ""}`, role: "columnheader"}, button, handle);
    return {element, button, note, column};
  }

  #draw(event, column, element) {
    event.preventDefault();
    const {target, clientX} = event;
    const {width} = element.getBoundingClientRect();
    const stop = new AbortController();
    target.setPointerCapture(event.pointerId);
    const wide = (one) => Math.max(LEAST, Math.round(width + one.clientX - clientX));
    const move = (one) => this.tell.resized(column.name, wide(one), true);
    const end = (one) => (stop.abort(), this.tell.resized(column.name, wide(one)));
    target.addEventListener("pointermove", move, {signal: stop.signal});
    target.addEventListener("pointerup", end, {signal: stop.signal});
    target.addEventListener("pointercancel", () => stop.abort(), {signal: stop.signal});
  }

  #key(event) {
    const sign = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    const names = [...this.#cells.keys()];
    const at = names.indexOf(event.target.dataset.name);
    if (!sign || at < 0) return;
    event.preventDefault();
    const {column, element} = this.#cells.get(names[at]);
    if (event.shiftKey) {
      const width = Math.max(LEAST, Math.round(element.getBoundingClientRect().width) + sign * STEP);
      this.tell.resized(column.name, width);
      announce(`${column.label} is ${width} wide`);
      return;
    }
    const next = this.#cells.get(names[(at + sign + names.length) % names.length]).button;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

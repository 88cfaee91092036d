// The table: as many row elements as fit, which show whatever is scrolled to.

import {h, put} from "../dom.js";
import {tone} from "../format.js";

const ROW = 22;
const HEAD = 24;
const MORE = 4;

export class Grid {
  selected = null;
  top = 0;
  #pool = [];
  #fits = 0;
  #length = -1;
  #columns = [];
  #resize = new ResizeObserver(() => this.#measure());

  constructor(list) {
    this.list = list;
    this.head = h("div", {class: "list-row", role: "row", "aria-rowindex": "1"});
    this.body = h("div", {class: "list-body", role: "rowgroup", onclick: (event) => list.select(rowAt(event)), ondblclick: (event) => list.open(rowAt(event))});
    this.element = h("div", {class: "list-grid", role: "grid", tabindex: "0", "aria-label": "Exchanges"},
      h("div", {class: "list-head", role: "rowgroup"}, this.head), this.body);
    this.element.addEventListener("scroll", () => {
      this.top = this.element.scrollTop;
      list.moved();
    }, {passive: true});
  }

  connected() {
    this.#resize.observe(this.element);
    this.element.scrollTop = this.top;
  }

  disconnected() {
    this.#resize.disconnect();
  }

  /** Show *columns*, each as wide as its `now`. */
  set columns(columns) {
    this.#columns = columns;
    const {style} = this.element;
    style.setProperty("--list-columns", columns.map(({name, now}) => (name === "path" ? `minmax(${now}px, 1fr)` : `${now}px`)).join(" "));
    style.setProperty("--list-width", `${columns.reduce((sum, {now}) => sum + now, 0)}px`);
    put(this.head, columns.map((column) => h("div", {class: kind(column), role: "columnheader", "aria-sort": "none"},
      h("button", {class: "list-sort", "data-name": column.name, onclick: () => this.list.sort(column.name)}, column.label))));
    this.#refill();
  }

  /** Say which column the rows are sorted by: `{name, descending}`, or null. */
  set order(order) {
    this.#columns.forEach(({name}, at) => {
      const how = order?.name !== name ? "none" : order.descending ? "descending" : "ascending";
      this.head.children[at].setAttribute("aria-sort", how);
    });
  }

  get index() {
    return this.selected ? this.list.rows.view.indexOf(this.selected) : -1;
  }

  /** How many whole rows are in view. */
  get page() {
    return Math.max(1, Math.floor(this.#fits));
  }

  get first() {
    return Math.floor(this.top / ROW);
  }

  /** Let *change* change the rows; what is in view stays where it is, unless that is the top. */
  hold(change) {
    const at = this.first;
    const anchor = this.list.rows.view[at];
    change();
    const now = this.top < ROW / 2 ? at : this.list.rows.view.indexOf(anchor);
    if (now < 0 || now === at) return;
    this.#stretch();
    this.#scroll(this.top + (now - at) * ROW);
  }

  /** Select the row at *index*, and bring it into view: to its *centre* if it was far away. */
  go(index, centre = false) {
    const view = this.list.rows.view;
    if (!view.length) return;
    const at = Math.max(0, Math.min(view.length - 1, index));
    this.#stretch();
    const [top, height] = [at * ROW, this.#fits * ROW];
    const [above, below] = [top < this.top, top + ROW > this.top + height];
    if (centre && (above || below)) this.#scroll(top - height / 2);
    else if (above) this.#scroll(top);
    else if (below) this.#scroll(top + ROW - height);
    this.list.select(view[at]);
  }

  toTop() {
    this.#scroll(0);
  }

  /** Show the rows that are in view. */
  paint() {
    const view = this.list.rows.view;
    this.#stretch();
    const from = Math.max(0, this.first - MORE);
    const {context} = this.list;
    const size = this.#pool.length;
    let active = "";
    for (let index = from; index < from + size; index++) {
      const row = view[index];
      // Counted from the oldest: a new row at the top moves the others, and changes none
      const element = this.#pool[(((view.length - index) % size) + size) % size];
      element.hidden = !row;
      same(element, "ariaSelected", String(Boolean(row) && row === this.selected));
      if (!row) continue;
      this.#show(element, index, row, context);
      if (row === this.selected) active = element.id;
    }
    if (active) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #show(element, index, row, context) {
    element.row = row;
    if (element.index !== index) {
      element.index = index;
      element.style.transform = `translateY(${index * ROW}px)`;
      element.setAttribute("aria-rowindex", index + 2);
    }
    element.classList.toggle("list-bad", tone(row) === "server");
    element.classList.toggle("list-hit", Boolean(this.list.finder.needle && row.hit));
    this.#columns.forEach((column, at) => {
      const cell = element.children[at];
      if (column.name === "path") path(cell, row);
      same(column.name === "path" ? cell.lastChild : cell, "textContent", column.text(row, context));
      if (column.tone) same(cell, "className", `${kind(column)} tone-${column.tone(row)}`);
      if (column.title) same(cell, "title", column.title(row));
    });
  }

  #stretch() {
    const {length} = this.list.rows.view;
    if (length === this.#length) return;
    this.#length = length;
    this.body.style.height = `${length * ROW}px`;
    this.element.setAttribute("aria-rowcount", length + 1);
  }

  #scroll(top) {
    this.element.scrollTop = top;
    this.top = this.element.scrollTop;
    this.list.moved();
  }

  #measure() {
    const fits = (this.element.clientHeight - HEAD) / ROW;
    if (fits === this.#fits) return;
    this.#fits = fits;
    this.#refill();
  }

  #refill() {
    const size = this.#fits > 0 ? Math.ceil(this.#fits) + 1 + 2 * MORE : 0;
    this.#pool = Array.from({length: size}, (_, at) => h("div", {class: "list-row", role: "row", id: `list-row-${at}`, hidden: true},
      this.#columns.map((column) => h("div", {class: kind(column), role: "gridcell"},
        column.name === "path" && [h("span", {class: "list-flag", role: "img", hidden: true}), h("a", {href: "#/", tabindex: "-1"})]))));
    put(this.body, this.#pool);
    this.list.moved();
  }

}

function rowAt(event) {
  return event.target.closest(".list-row")?.row;
}

function kind({name, number}) {
  return `list-cell list-${name}${number ? " list-number" : ""}`;
}

/** Touch only what changes: whatever is written is laid out. */
function same(element, name, value) {
  if (element[name] !== value) element[name] = value;
}

function path({firstChild: flag, lastChild: link}, row) {
  const said = row.marked ? "⇄" : row.kept ? "★" : "";
  same(link, "hash", `#/x/${row.id}`);
  same(flag, "textContent", said);
  same(flag, "hidden", !said);
  same(flag, "ariaLabel", row.marked ? "marked for comparing" : "kept");
}

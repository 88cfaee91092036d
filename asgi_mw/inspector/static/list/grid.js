// The table: as many row elements as fit the window, which show whatever is scrolled to.

import {h, put} from "../dom.js";
import {scaleOf} from "./columns.js";
import {ms, tone} from "../format.js";
import {Head} from "./head.js";

const ROW = 22;
const HEAD = 24;
const MORE = 4;

/**
 * `tell` answers `view()`, `flags(row)`, `needle()`, `context()`, and hears `select(row)`, `open(row)`, `scrolled()`,
 * `sorted(name)`, `resized(name, width)`.
 */
export class Grid {
  selected = null;
  top = 0;
  #pool = [];
  #fits = 0;
  #length = -1;
  #round = 0;
  #scale = 0;
  #columns = [];
  #resize = new ResizeObserver(() => this.#measure());

  constructor(tell) {
    this.tell = tell;
    this.head = new Head(tell);
    this.body = h("div", {class: "list-body", role: "rowgroup"});
    this.element = h("div", {class: "list-grid", role: "grid", tabindex: "0", "aria-label": "Exchanges", "aria-multiselectable": "false"},
      this.head.element, this.body);
    this.element.addEventListener("scroll", () => {
      this.top = this.element.scrollTop;
      tell.scrolled();
    }, {passive: true});
    this.body.addEventListener("click", (event) => this.#at(event, (row) => tell.select(row)));
    this.body.addEventListener("dblclick", (event) => this.#at(event, (row) => tell.open(row)));
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
    const wide = columns.reduce((sum, one) => sum + one.now, 0);
    this.element.style.setProperty("--list-columns", columns.map((one) => (one.fills ? `minmax(${one.now}px, 1fr)` : `${one.now}px`)).join(" "));
    this.element.style.setProperty("--list-width", `${wide}px`);
    this.element.setAttribute("aria-colcount", columns.length);
    this.head.columns = columns;
    this.#refill();
  }

  get index() {
    return this.selected ? this.tell.view().indexOf(this.selected) : -1;
  }

  /** How many whole rows are in view. */
  get page() {
    return Math.max(1, Math.floor(this.#fits));
  }

  get first() {
    return Math.floor(this.top / ROW);
  }

  get atTop() {
    return this.top < ROW / 2;
  }

  /** Whether the last of the rows is nearly in view. */
  get nearEnd() {
    return this.top + (this.#fits + 20) * ROW > this.#length * ROW;
  }

  /** Let *change* change the rows; what is in view stays where it is, unless that is the newest end. */
  hold(change, {end = false} = {}) {
    const at = this.first;
    const anchor = this.tell.view()[at];
    const below = end && this.nearEnd && this.top + this.#fits * ROW >= this.#length * ROW - ROW / 2;
    change();
    const moved = this.atTop ? 0 : this.tell.view().indexOf(anchor) - at;
    if (!below && (!moved || !anchor || this.tell.view()[at + moved] !== anchor)) return;
    this.#stretch();
    this.#scroll(below ? this.#length * ROW : this.top + moved * ROW);
  }

  /** Select the row at *index*, and bring it into view: to its *centre* if it was far away. */
  go(index, centre = false) {
    const view = this.tell.view();
    if (!view.length) return;
    const at = Math.max(0, Math.min(view.length - 1, index));
    this.#stretch();
    const top = at * ROW;
    const height = this.#fits * ROW;
    const [above, below] = [top < this.top, top + ROW > this.top + height];
    if (centre && (above || below)) this.#scroll(top - height / 2);
    else if (above) this.#scroll(top);
    else if (below) this.#scroll(top + ROW - height);
    this.tell.select(view[at]);
  }

  toTop() {
    this.#scroll(0);
  }

  /** Whatever a row shows may be different now. */
  stale() {
    this.#round++;
  }

  /** Show the rows that are in view. */
  paint() {
    const view = this.tell.view();
    this.#stretch();
    const from = Math.max(0, this.first - MORE);
    const to = Math.min(view.length, from + this.#pool.length);
    const scale = scaleOf(view.slice(this.first, this.first + this.page));
    if (scale !== this.#scale) {
      this.#scale = scale;
      this.#round++;
      this.head.scale(ms(scale));
    }
    const context = {...this.tell.context(), needle: this.tell.needle()};
    const size = this.#pool.length;
    let active = null;
    for (let index = from; index < from + size; index++) {
      // Counted from the oldest: a new row at the top moves the others, and changes none
      const slot = this.#pool[((view.length - index) % size + size) % size];
      if (index >= to) {
        if (slot.row) slot.element.hidden = true;
        slot.row = null;
        continue;
      }
      this.#show(slot, index, view[index], context);
      if (view[index] === this.selected) active = slot.element.id;
    }
    if (active) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #show(slot, index, row, context) {
    const {element} = slot;
    if (!slot.row) element.hidden = false;
    if (slot.index !== index) {
      slot.index = index;
      element.style.transform = `translateY(${index * ROW}px)`;
      element.setAttribute("aria-rowindex", index + 2);
    }
    const chosen = row === this.selected;
    if (slot.chosen !== chosen) element.setAttribute("aria-selected", (slot.chosen = chosen));
    if (slot.row === row && slot.round === this.#round) return;
    slot.row = row;
    slot.round = this.#round;
    const kind = tone(row) === "server" ? "list-row list-bad" : "list-row";
    if (slot.kind !== kind) element.className = slot.kind = kind;
    const needle = row.hit ? context.needle : "";
    this.#columns.forEach((column, at) => {
      const cell = slot.cells[at];
      if (column.name === "bar") return bar(cell, row, this.#scale);
      if (column.name === "path") path(cell, row, this.tell.flags(row));
      write(cell, column.text(row, context), needle);
      if (column.tone) {
        const said = `${cell.kind} tone-${column.tone(row)}`;
        if (cell.tone !== said) cell.element.className = cell.tone = said;
      }
      if (column.title) {
        const title = column.title(row) ?? "";
        if (cell.title !== title) cell.element.title = cell.title = title;
      }
    });
  }

  #stretch() {
    const {length} = this.tell.view();
    if (length === this.#length) return;
    this.#length = length;
    this.body.style.height = `${length * ROW}px`;
    this.element.setAttribute("aria-rowcount", length + 1);
  }

  #scroll(top) {
    this.element.scrollTop = top;
    this.top = this.element.scrollTop;
    this.tell.scrolled();
  }

  #measure() {
    const fits = (this.element.clientHeight - HEAD) / ROW;
    if (fits === this.#fits) return;
    this.#fits = fits;
    this.#refill();
  }

  #refill() {
    const size = this.#fits > 0 ? Math.ceil(this.#fits) + 1 + 2 * MORE : 0;
    this.#pool = Array.from({length: size}, (_, at) => slotOf(at, this.#columns));
    put(this.body, this.#pool.map((slot) => slot.element));
    this.tell.scrolled();
  }

  #at(event, tell) {
    const element = event.target.closest(".list-row");
    const slot = this.#pool.find((one) => one.element === element);
    if (slot?.row) tell(slot.row);
  }
}

function slotOf(at, columns) {
  const cells = columns.map((column) => {
    const kind = `list-cell list-${column.name}${column.number ? " list-number" : ""}`;
    if (column.name === "bar") {
      const [first, rest] = [h("i"), h("b")];
      return {element: h("div", {class: kind, role: "gridcell"}, first, rest), first, rest};
    }
    const linked = column.name === "path";
    const flag = linked && h("span", {class: "list-flag", role: "img", hidden: true});
    const link = linked && h("a", {tabindex: "-1"});
    const element = h("div", {class: kind, role: "gridcell"}, flag, link);
    return {element, kind, flag, inner: link || element};
  });
  const element = h("div", {class: "list-row", role: "row", id: `list-row-${at}`, hidden: true}, cells.map((one) => one.element));
  return {element, cells, kind: "list-row"};
}

function path(cell, row, flags) {
  if (cell.id !== row.id) cell.inner.setAttribute("href", `#/x/${(cell.id = row.id)}`);
  const said = flags.map((one) => one.sign).join("");
  if (cell.flags === said) return;
  cell.flags = said;
  cell.flag.hidden = !said;
  cell.flag.textContent = said;
  cell.flag.setAttribute("aria-label", flags.map((one) => one.name).join(", ") || "none");
}

function write(cell, text, needle) {
  const key = needle ? `${needle}\n${text}` : text;
  if (cell.key === key) return;
  cell.key = key;
  const low = needle ? text.toLowerCase() : "";
  if (!needle || low.length !== text.length || !low.includes(needle)) {
    cell.inner.textContent = text;
    return;
  }
  const parts = [];
  let from = 0;
  for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, from)) {
    parts.push(text.slice(from, at), h("mark", {}, text.slice(at, (from = at + needle.length))));
  }
  put(cell.inner, parts, text.slice(from));
}

function bar(cell, row, scale) {
  const all = Math.min(1, (row.duration_ms ?? 0) / scale);
  const first = Math.min(all, (row.first_byte_ms ?? row.duration_ms ?? 0) / scale);
  const key = `${all} ${first} ${row.duration_ms > scale}`;
  if (cell.key === key) return;
  cell.key = key;
  cell.first.style.transform = `scaleX(${Math.max(first, 0.008)})`;
  cell.rest.style.transform = `translateX(${first * 100}%) scaleX(${all - first})`;
  cell.element.classList.toggle("list-over", row.duration_ms > scale * 1.001);
}


// The list of exchanges: what the feed brings, what one looks for, and the keys.

import {list as load, post} from "../api.js";
import {announce, h, put} from "../dom.js";
import {COLUMNS} from "./columns.js";
import {Filter} from "./filter.js";
import {Finder} from "./find.js";
import {Flying} from "./flying.js";
import {Grid} from "./grid.js";
import {asked, KEYS, showKeys} from "./keys.js";
import {Rows} from "./rows.js";
import {amount, empty, liveness} from "./says.js";
import {Source} from "./source.js";

const CHOSEN = "asgi-mw chosen";
const TICK = 250;
const NARROW = matchMedia("(max-width: 560px)");

customElements.define("asgi-list", class extends HTMLElement {
  #chosen = chosen();
  #order = null;
  #marked = null;
  #frame = 0;
  #fresh = true;
  #listening = new AbortController();
  #act = {
    down: () => this.#on(1),
    up: () => this.#on(-1),
    pageDown: () => this.#on(this.grid.page - 1),
    pageUp: () => this.#on(1 - this.grid.page),
    home: () => this.grid.go(0),
    end: () => this.grid.go(Infinity),
    open: (row) => this.open(row),
    filter: () => this.filter.input.focus(),
    find: () => this.finder.open(),
    next: () => this.finder.step(1),
    previous: () => this.finder.step(-1),
    pause: () => this.#pause(),
    keep: (row) => this.#keep(row),
    compare: (row) => this.#compare(row),
    time: () => this.#choose({relative: !this.#chosen.relative}),
    keys: () => showKeys(),
  };

  constructor() {
    super();
    this.rows = new Rows();
    this.source = new Source(this);
    this.grid = new Grid(this);
    this.finder = new Finder(this);
    this.filter = new Filter({filter: (text) => this.#filtered(text), left: () => this.grid.element.focus()});
    this.flying = new Flying();
    this.live = h("span", {class: "list-live", role: "status"});
    this.flown = h("span", {class: "dim list-flown"});
    this.shown = h("span", {class: "list-amount"});
    this.menu = h("div", {class: "list-menu list-box", id: "list-menu", popover: "auto", role: "dialog", "aria-label": "Columns"});
    this.notice = h("p", {class: "list-notice list-line", role: "status", hidden: true});
    this.empty = h("div", {class: "list-empty", hidden: true});
    this.pauser = this.#button("pause", "Pause");
    this.pauser.ariaPressed = "false";
    this.actions = h("span", {hidden: true}, this.#button("keep", "Keep"), this.#button("compare", "Compare"));
  }

  get context() {
    return {relative: this.#chosen.relative, narrow: NARROW.matches};
  }

  get query() {
    return this.source.query ?? "";
  }

  /** What to filter by, as the address says. */
  set query(query) {
    if (query === this.source.query) return;
    this.filter.show(query);
    this.grid.toTop();
    this.source.start(query);
  }

  connectedCallback() {
    if (!this.firstChild) this.#build();
    const {signal} = (this.#listening = new AbortController());
    document.addEventListener("keydown", (event) => this.#key(event), {signal});
    document.addEventListener("visibilitychange", () => this.#seen(), {signal});
    NARROW.addEventListener("change", () => this.#layOut(), {signal});
    this.clock = setInterval(() => this.#tick(), TICK);
    this.grid.connected();
    this.source.resume();
    this.changed();
    if (this.grid.selected) this.grid.element.focus({preventScroll: true});
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearInterval(this.clock);
    this.grid.disconnected();
    this.source.stop();
  }

  /** The id of the exchange before (-1) or behind (1) the one with *id*, as the list is ordered; null at its ends. */
  async beside(id, step) {
    const at = this.rows.view.findIndex((row) => row.id === id);
    const next = at < 0 ? null : this.rows.view[at + step];
    if (next || (at >= 0 && this.#order)) return next?.id ?? null;
    const {rows} = await load({q: this.query, before: step > 0 ? id : "", limit: step > 0 ? 1 : 1000});
    return (step > 0 ? rows[0] : rows.findLast((row) => row.id > id))?.id ?? null;
  }

  #build() {
    const tools = h("div", {class: "list-tools", role: "toolbar", "aria-label": "List"}, this.pauser, this.#button("find", "Find"),
      h("button", {popovertarget: "list-menu"}, "Columns"), this.#button("keys", "Keys"));
    put(this, h("div", {class: "list-top"}, this.filter.element, tools), this.filter.error, this.finder.element, this.notice, this.flying.element,
      h("div", {class: "list-frame"}, this.grid.element, this.empty),
      h("footer", {class: "list-foot"}, this.live, this.shown, this.flown, h("span", {class: "grow"}), this.actions), this.menu);
    this.#layOut();
  }

  #button(name, label) {
    const [[key], says] = KEYS[name];
    return h("button", {title: `${says} (${key})`, onclick: () => this.#act[name](this.grid.selected)}, label);
  }

  /** Show what is there now, in the next frame. */
  changed() {
    this.#fresh = true;
    this.moved();
  }

  /** Show what is in view now, in the next frame. */
  moved() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (!this.isConnected) return;
      if (this.#fresh) this.#refresh();
      this.grid.paint();
    });
  }

  flew(rows) {
    this.flying.show(rows);
    this.changed();
  }

  missed(count) {
    this.#say(`${count.toLocaleString("en")} exchanges were not sent: the page was behind.`, "Load them", () => this.source.start(this.query));
  }

  refused(message) {
    this.filter.refuse(message);
  }

  #tick() {
    if (document.hidden) return;
    this.flying.tick();
    if (this.#chosen.relative) this.moved();
  }

  #refresh() {
    this.#fresh = false;
    const {filter, flying, grid, rows, source} = this;
    grid.hold(() => this.finder.test(source.flush()));
    if (grid.selected && !rows.has(grid.selected)) this.select(null);
    const [kind, said] = liveness(source);
    this.live.dataset.kind = kind;
    for (const [element, text] of [[this.live, said], [this.shown, amount(source)], [this.flown, flying.count ? `${flying.count} in flight` : ""]]) {
      if (element.textContent !== text) element.textContent = text;
    }
    this.empty.hidden = rows.count > 0 || source.state === "loading" || source.state === "off";
    put(this.empty, !this.empty.hidden && empty(source, () => filter.set("")));
    this.finder.report();
  }

  open(row) {
    if (row) location.hash = `#/x/${row.id}`;
  }

  select(row) {
    this.grid.selected = row;
    this.actions.hidden = !row;
    this.moved();
  }

  #on(by) {
    this.grid.go(this.grid.index < 0 ? this.grid.first : this.grid.index + by);
  }

  #filtered(text) {
    const address = text ? `#/?q=${encodeURIComponent(text)}` : "#/";
    if (location.hash !== address) history.replaceState(null, "", address);
    this.query = text;
  }

  // Numbers from the greatest, words from A; the other way; and as they came
  sort(name) {
    const {key, number = false} = COLUMNS.find((one) => one.name === name);
    if (this.#order?.name !== name) this.#order = {name, descending: number};
    else this.#order = this.#order.descending === number ? {name, descending: !number} : null;
    this.rows.sort(this.#order && key, this.#order?.descending);
    this.grid.order = this.#order;
    if (this.grid.selected) this.grid.go(this.grid.index);
    else this.grid.toTop();
    this.changed();
  }

  #layOut() {
    const {columns, relative} = this.#chosen;
    const narrow = NARROW.matches;
    this.grid.columns = COLUMNS.filter((one) => (narrow ? one.narrow : columns.includes(one.name))).map((one) => ({...one, now: narrow ? one.narrow : one.width}));
    this.grid.order = this.#order;
    const box = (label, checked, onchange) => h("label", {}, h("input", {type: "checkbox", checked, onchange}), " ", label);
    if (!this.menu.contains(document.activeElement)) {
      put(this.menu, COLUMNS.map(({name, label}) => box(label, columns.includes(name), () => this.#column(name))),
        h("hr"), box("Time as how long ago", relative, () => this.#act.time()));
    }
    this.changed();
  }

  #column(name) {
    const {columns} = this.#chosen;
    this.#choose({columns: columns.includes(name) ? columns.filter((one) => one !== name) : [...columns, name]});
  }

  /** Change what one chose, and let the browser keep it. */
  #choose(change) {
    Object.assign(this.#chosen, change);
    localStorage.setItem(CHOSEN, JSON.stringify(this.#chosen));
    this.#layOut();
  }

  #pause() {
    this.source.paused = !this.source.paused;
    this.pauser.ariaPressed = String(this.source.paused);
    this.changed();
  }

  async #keep(row) {
    const keep = !row.kept;
    try {
      await post("keep", {id: row.id, keep});
      row.kept = keep;
      announce(keep ? "Kept" : "No longer kept");
      this.changed();
    } catch (error) {
      this.#say(`It could not be kept: ${error.message}`);
    }
  }

  #compare(row) {
    const other = this.#marked;
    if (other) other.marked = false;
    else row.marked = true;
    this.#marked = other ? null : row;
    if (other && other !== row) location.hash = `#/compare/${other.id}/${row.id}`;
    this.#say(other ? "" : "Marked: press c on another to compare both.");
  }

  /** Say *text* above the rows, with a button that does something about it. */
  #say(text, label, go) {
    const close = () => this.#say("");
    this.notice.hidden = !text;
    put(this.notice, text, label && h("button", {onclick: () => (close(), go())}, label),
      h("button", {class: "quiet", "aria-label": "Close", onclick: close}, "✕"));
    this.changed();
  }

  // A page that nobody sees asks for nothing, and catches up
  #seen() {
    if (document.hidden) this.source.stop();
    else this.source.resume();
  }

  #key(event) {
    const act = this.#act[asked(event)];
    if (!act || (act.length && !this.grid.selected)) return;
    event.preventDefault();
    act(this.grid.selected);
  }
});

/** What one chose of the list: `{columns: [names], relative}`. */
function chosen() {
  const standard = {columns: COLUMNS.filter((one) => !one.extra).map((one) => one.name), relative: false};
  return {...standard, ...JSON.parse(localStorage.getItem(CHOSEN))};
}

/** The one list of the page, which stays while another view is shown. */
export const list = document.createElement("asgi-list");

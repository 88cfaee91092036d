// The list of exchanges: what the feed brings, what one looks for, and the keys.

import {post} from "../api.js";
import {announce, h, put} from "../dom.js";
import {COLUMNS, comparing, newDay, SERVER_ANSWERED} from "./columns.js";
import {Filter} from "./filter.js";
import {Finder} from "./find.js";
import {Flying} from "./flying.js";
import {Grid} from "./grid.js";
import {Held} from "./held.js";
import {asked, keysDialog} from "./keys.js";
import {keep, settings} from "./settings.js";
import {amount, empty, liveness} from "./says.js";
import {Source} from "./source.js";

const UNSEEN = 60_000;
const NARROW = matchMedia("(max-width: 560px)");

customElements.define("asgi-list", class extends HTMLElement {
  #query = null;
  #chosen = settings();
  #order = null;
  #marked = null;
  #frame = 0;
  #scrolled = 0;
  #fresh = true;
  #unseen = 0;
  #built = false;

  constructor() {
    super();
    this.held = new Held();
    this.source = new Source(this.held, {
      changed: () => this.#changed(),
      flying: (rows) => (this.flying.show(rows), this.#changed()),
      gap: (missed) => this.#say(`${missed.toLocaleString("en")} exchanges were not sent: the page was behind.`, "Load them", () => this.source.start(this.query)),
      refused: (message) => this.filter.refuse(message),
      hungry: () => this.grid.nearEnd,
    });
    this.grid = new Grid({
      view: () => this.held.view,
      flags: (row) => [row.kept && {sign: "★", name: "kept"}, row.id === this.#marked && {sign: "⇄", name: "marked for comparing"}].filter(Boolean),
      needle: () => this.finder.needle,
      context: () => ({relative: this.#chosen.relative, narrow: NARROW.matches}),
      select: (row) => this.#select(row),
      open: (row) => (location.hash = `#/x/${row.id}`),
      scrolled: () => this.#move(),
      sorted: (name) => this.#sort(name),
      resized: (name, width, drawing) => this.#resize(name, width, drawing),
    });
    this.finder = new Finder({
      view: () => this.held.view,
      index: () => this.grid.index,
      go: (index) => this.grid.go(index, true),
      changed: () => this.#changed(),
      closed: () => this.grid.element.focus(),
    });
    this.filter = new Filter({filter: (text) => this.#filtered(text), left: () => this.grid.element.focus()});
    this.flying = new Flying();
    this.stop = new AbortController();
  }

  get query() {
    return this.#query ?? "";
  }

  /** What to filter by, as the address says. */
  set query(query) {
    if (query === this.#query) return;
    this.#query = query;
    this.filter.show(query);
    this.grid.toTop();
    this.source.start(query);
  }

  connectedCallback() {
    if (!this.#built) this.#build();
    const {signal} = (this.stop = new AbortController());
    document.addEventListener("keydown", (event) => this.#key(event), {signal});
    document.addEventListener("visibilitychange", () => this.#seen(), {signal});
    NARROW.addEventListener("change", () => this.#layOut(), {signal});
    this.clock = setInterval(() => (newDay(), this.#chosen.relative && !document.hidden && this.#changed()), 1000);
    this.grid.connected();
    if (this.#query !== null) this.source.resume();
    this.#changed();
    if (this.grid.selected) this.grid.element.focus({preventScroll: true});
  }

  disconnectedCallback() {
    this.stop.abort();
    clearInterval(this.clock);
    clearTimeout(this.#unseen);
    this.grid.disconnected();
    this.source.stop();
  }

  #build() {
    this.#built = true;
    newDay();
    this.live = h("span", {class: "list-live", role: "status"});
    this.flown = h("span", {class: "dim list-flown"});
    this.pauser = h("button", {title: "Pause (p)", "aria-pressed": "false", onclick: () => this.#pause()}, "Pause");
    this.dialog = keysDialog();
    this.menu = h("div", {class: "list-menu", id: "list-menu", popover: "auto", role: "dialog", "aria-label": "Columns"});
    this.notice = h("p", {class: "list-notice", role: "status", hidden: true});
    this.empty = h("div", {class: "list-empty", hidden: true});
    this.shown = h("span", {class: "list-amount"});
    this.legend = h("span", {class: "dim", hidden: true}, `* ${SERVER_ANSWERED}`);
    const act = (label, title, go) => h("button", {class: "quiet", title, onclick: () => this.grid.selected && go(this.grid.selected)}, label);
    this.actions = h("span", {class: "list-actions", hidden: true},
      act("Keep", "Keep, whatever is dropped (s)", (row) => this.#keep(row)), act("Compare", "Mark for comparing (c)", (row) => this.#compare(row)),
      act("Resend", "Resend the request (r)", (row) => this.#resend(row)));
    const tools = h("div", {class: "list-tools", role: "toolbar", "aria-label": "List"}, this.pauser,
      h("button", {title: "Show only what comes from now on (x)", onclick: () => this.#clear()}, "Clear"),
      h("button", {title: "Find in the rows (f)", onclick: () => this.finder.open()}, "Find"),
      h("button", {popovertarget: "list-menu"}, "Columns"),
      h("button", {title: "Keys (?)", onclick: () => this.dialog.showModal()}, "Keys"));
    put(this, h("div", {class: "list-top"}, this.filter.element, tools), this.filter.error, this.finder.element, this.notice, this.flying.element,
      h("div", {class: "list-frame"}, this.grid.element, this.empty),
      h("footer", {class: "list-foot"}, this.live, this.shown, this.flown, this.legend, h("span", {class: "grow"}), this.actions), this.menu, this.dialog);
    this.#layOut();
  }

  /** Show what is there now, in the next frame. */
  #changed() {
    this.#fresh = true;
    this.grid.stale();
    this.#move();
  }

  #move() {
    this.#scrolled = performance.now();
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    if (!this.isConnected) return;
    if (this.#fresh) this.#refresh();
    this.grid.paint();
    if (this.source.next && this.grid.nearEnd) this.source.hurry();
  }

  #refresh() {
    this.#fresh = false;
    const end = this.#order?.name === "time" && !this.#order.descending;
    this.grid.hold(() => this.finder.test(this.source.flush()), {end});
    if (this.grid.selected && !this.held.has(this.grid.selected)) this.#select(null);
    const {view} = this.held;
    const [kind, said] = liveness(this.source);
    this.live.dataset.kind = kind;
    const say = (element, text) => element.textContent !== text && (element.textContent = text);
    say(this.live, said);
    say(this.shown, amount(this.source, view.length, this.query));
    say(this.flown, this.flying.count ? `${this.flying.count} in flight` : "");
    this.legend.hidden = !view.slice(this.grid.first, this.grid.first + this.grid.page).some((row) => row.status_by === "server");
    this.empty.hidden = view.length > 0 || this.source.state === "loading" || this.source.state === "off";
    if (!this.empty.hidden) {
      put(this.empty, empty(this.source, {query: this.query, unfilter: () => this.filter.set(""), uncleared: () => this.source.uncleared()}));
    }
    this.finder.report();
  }

  #select(row) {
    this.grid.selected = row;
    this.actions.hidden = !row;
    this.#move();
  }

  #filtered(text) {
    const address = text ? `#/?q=${encodeURIComponent(text)}` : "#/";
    if (location.hash !== address) history.replaceState(null, "", address);
    this.query = text;
  }

  #sort(name) {
    const column = COLUMNS.find((one) => one.name === name);
    const first = Boolean(column.number);
    if (this.#order?.name !== name) this.#order = {name, descending: first};
    else this.#order = this.#order.descending === first ? {name, descending: !first} : null;
    this.held.sort(this.#order && comparing(column, this.#order.descending));
    this.grid.head.order = this.#order;
    if (this.grid.selected) this.grid.go(this.grid.index);
    else this.grid.toTop();
    this.#changed();
  }

  #resize(name, width, drawing) {
    if (width == null) delete this.#chosen.widths[name];
    else this.#chosen.widths[name] = width;
    if (!drawing) keep(this.#chosen);
    this.#layOut();
  }

  #layOut() {
    const {columns, widths} = this.#chosen;
    const narrow = NARROW.matches;
    const seen = COLUMNS.filter((one) => (narrow ? one.narrow : columns ? columns.includes(one.name) : one.shown));
    this.grid.columns = seen.map((one) => {
      const width = narrow ? one.narrow : (widths[one.name] ?? one.width);
      return {...one, now: width, fills: one.grows && (narrow || !widths[one.name])};
    });
    const box = (checked, label, change) => h("label", {}, h("input", {type: "checkbox", checked, onchange: change}), " ", label);
    if (!this.menu.contains(document.activeElement)) {
      put(this.menu, COLUMNS.map((one) => box(columns ? columns.includes(one.name) : Boolean(one.shown), one.label, () => this.#choose(one.name))),
        h("hr"), box(this.#chosen.relative, "Time as how long ago", () => this.#relative()));
    }
    this.#changed();
  }

  #choose(name) {
    const now = this.#chosen.columns ?? COLUMNS.filter((one) => one.shown).map((one) => one.name);
    const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
    this.#chosen.columns = next.length ? next : ["path"];
    keep(this.#chosen);
    this.#layOut();
  }

  #relative() {
    this.#chosen.relative = !this.#chosen.relative;
    keep(this.#chosen);
    this.#layOut();
  }

  #pause() {
    this.source.paused = !this.source.paused;
    this.pauser.setAttribute("aria-pressed", String(this.source.paused));
    this.#changed();
  }

  #clear() {
    this.source.clear();
    this.#say("");
  }

  async #keep(row) {
    row.kept = !row.kept;
    this.#changed();
    try {
      await post("keep", {id: row.id, keep: row.kept});
      announce(row.kept ? "Kept" : "No longer kept");
    } catch (error) {
      row.kept = !row.kept;
      this.#say(`It could not be kept: ${error.message}`);
    }
  }

  #compare(row) {
    const other = this.#marked;
    this.#marked = other ? null : row.id;
    if (other && other !== row.id) location.hash = `#/compare/${other}/${row.id}`;
    this.#say(this.#marked ? "Marked: press c on another to compare both." : "");
  }

  async #resend(row) {
    try {
      await (await import("../more/resend.js")).resend(row.id);
    } catch (error) {
      this.#say(`It could not be resent: ${error.message}`);
    }
  }

  /** Say *text* above the rows, with a button that does something about it. */
  #say(text, label, go) {
    const close = () => this.#say("");
    this.notice.hidden = !text;
    put(this.notice, text, label && h("button", {onclick: () => (close(), go())}, label),
      text && h("button", {class: "quiet", "aria-label": "Close", onclick: close}, "✕"));
    this.#changed();
  }

  // A page that nobody sees asks for nothing after a while, and catches up
  #seen() {
    clearTimeout(this.#unseen);
    if (document.hidden) this.#unseen = setTimeout(() => this.source.stop(), UNSEEN);
    else {
      this.source.resume();
      this.flying.wake();
      this.#changed();
    }
  }

  #key(event) {
    const name = asked(event);
    const {grid} = this;
    const go = (index) => grid.go(index);
    const on = (by) => go(grid.index < 0 ? grid.first : grid.index + by);
    const chosen = (act) => grid.selected && act(grid.selected);
    const acts = {
      down: () => on(1),
      up: () => on(-1),
      pageDown: () => on(grid.page - 1),
      pageUp: () => on(1 - grid.page),
      home: () => go(0),
      end: () => go(Infinity),
      open: () => chosen((row) => (location.hash = `#/x/${row.id}`)),
      filter: () => this.filter.input.focus(),
      find: () => this.finder.open(),
      next: () => this.finder.step(1),
      previous: () => this.finder.step(-1),
      pause: () => this.#pause(),
      clear: () => this.#clear(),
      keep: () => chosen((row) => this.#keep(row)),
      compare: () => chosen((row) => this.#compare(row)),
      resend: () => chosen((row) => this.#resend(row)),
      time: () => this.#relative(),
      keys: () => this.dialog.showModal(),
    };
    if (!acts[name]) return;
    event.preventDefault();
    acts[name]();
  }
});

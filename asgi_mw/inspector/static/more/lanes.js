// What ran at the same time, and how late the event loop was.

import {follow, list} from "../api.js";
import {announce, h, put} from "../dom.js";
import {clock, ms, printable, tone} from "../format.js";
import {ended, packed} from "./packing.js";

const [MOST, TOP, LANE, FOOT] = [20000, 74, 20, 56];
const DARK = matchMedia("(prefers-color-scheme: dark)");
const SPANS = {"10 s": 1e4, "1 min": 6e4, "10 min": 6e5};
const STEPS = [10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 36e5];
const high = (lag) => Math.max(1, Math.min(44, Math.log1p(lag) * 6.4));
const name = (row) => printable(`${row.method || row.type} ${row.path ?? ""}`);
const facts = (row) => [row.status ?? "no status", row.outcome ?? "in flight", ms(row.duration_ms), row.first_byte_ms != null && `first byte after ${ms(row.first_byte_ms)}`, `began ${clock(row.began)}`].filter(Boolean).join(", ");
const KEYS = "Pale is before the first byte. Left and right move in time, plus and minus zoom, 0 goes on live, up and down choose an exchange, Enter opens it, space pauses.";
const words = (row) => `${name(row)}, ${facts(row)}`;

customElements.define("asgi-lanes", class extends HTMLElement {
  #rows = new Map();
  #flying = [];
  #lag = [];
  #span = 6e4;
  #end = null; // the right edge, while it does not follow what happens
  #ahead = 0; // of the server's clock
  #chosen = null;
  #stale = true;
  #missed = 0;

  connectedCallback() {
    this.classList.add("m-lanes");
    this.canvas = h("canvas", {"aria-hidden": "true"});
    this.room = h("div", {}, this.canvas);
    this.area = h("div", {
      class: "m-area", tabindex: "0", role: "group", "aria-label": "What ran at the same time", "aria-describedby": "m-said", onscroll: () => this.#draw(), onkeydown: (event) => this.#key(event),
      onpointerdown: (event) => this.#grab(event), onpointermove: (event) => this.#tell(this.#at(event) ?? this.#chosen),
    }, this.room);
    this.line = h("p", {class: "mono", id: "m-said"});
    this.spans = Object.entries(SPANS).map(([label, span]) => h("button", {onclick: () => this.#zoom(span / this.#span)}, label));
    this.pause = h("button", {onclick: () => this.#go(this.#end == null ? this.#to - 1 : null)});
    this.said = h("span", {class: "dim"});
    put(this, h("div", {class: "m-bar"}, this.spans, this.pause, this.said), this.area, this.line);
    this.size = new ResizeObserver(() => this.#draw());
    this.size.observe(this.area);
    DARK.onchange = () => this.#draw();
    this.stop = follow("", {
      rows: (rows) => this.#add(rows), flying: (rows) => (this.#flying = rows, this.#stale = true), gap: (missed) => (this.#missed += missed),
      lag: (one) => {
        this.#ahead = Math.max(this.#ahead - 1, one.at - Date.now());
        if (this.#lag.push(one) > 7000) this.#lag.splice(0, 1000);
      },
      open: () => (this.lost = ""), lost: () => (this.lost = ", connection lost"),
    });
    this.#load().catch((error) => put(this.line, `What ran before cannot be shown: ${error.message}`));
    this.#choose(null);
    this.#tick(0);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    this.size.disconnect();
    this.stop();
  }

  /** What ran in the last ten minutes; if nothing did, the view is where something ran last. */
  async #load() {
    for (let before = "", page = 0; page < 10 && before != null; page++) {
      const {rows, next} = await list({before, limit: 1000});
      this.#add(rows);
      before = rows.at(-1)?.began > Date.now() - 6e5 ? next : null;
    }
    const last = Math.max(0, ...Array.from(this.#rows.values(), (one) => one.began));
    if (last && last < this.#now - this.#span && !this.#flying.length) this.#go(last + this.#span * 0.1);
  }

  #add(rows) {
    for (const row of rows) if (row.type !== "lifespan") this.#rows.set(row.id, row);
    for (const id of this.#rows.keys()) if (this.#rows.size > MOST) this.#rows.delete(id);
    this.#stale = true;
  }

  get #now() {
    return Date.now() + this.#ahead;
  }

  get #to() {
    return this.#end ?? this.#now;
  }

  /** Draw as often as a pixel passes. */
  #tick(drawn) {
    this.frame = requestAnimationFrame((at) => {
      const rest = Math.max(matchMedia("(prefers-reduced-motion: reduce)").matches ? 500 : 33, this.#span / this.area.clientWidth);
      const due = at - drawn > rest && (this.#end == null || this.#stale);
      if (due) this.#draw();
      this.#tick(due ? at : drawn);
    });
  }

  #pack() {
    if (!this.#stale) return;
    const flying = this.#flying.filter((one) => one.type !== "lifespan" && !this.#rows.has(one.id));
    this.all = [...this.#rows.values(), ...flying].sort((a, b) => a.began - b.began);
    this.workers = packed(this.all, this.#now);
    this.#stale = false;
  }

  /** What is in view: blocks and names of workers, each with its place, and how high all are. */
  #placed(from, to) {
    const [blocks, heads, now] = [[], [], this.#now];
    let height = TOP;
    for (const {host, pid, lanes} of this.workers) {
      const seen = lanes.map((lane) => lane.filter((row) => row.began <= to && ended(row, now) >= from));
      const used = seen.slice(0, seen.findLastIndex((lane) => lane.length) + 1);
      if (used.length && this.workers.length > 1) heads.push([height, `${host}, process ${pid}`]), (height += LANE);
      for (const lane of used) {
        blocks.push(...lane.map((row) => [height, row]));
        height += LANE;
      }
    }
    return {blocks, heads, height};
  }

  #draw() {
    const {clientWidth: width, clientHeight: tall, scrollTop} = this.area;
    if (!width) return;
    this.#pack();
    const [now, to, from] = [this.#now, this.#to, this.#to - this.#span];
    const {blocks, heads, height} = this.#placed(from, to);
    const {canvas} = this;
    this.room.style.setProperty("block-size", `${Math.max(height, tall)}px`);
    const size = {width: Math.round(width * devicePixelRatio), height: Math.round(tall * devicePixelRatio)};
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size).style.setProperty("inline-size", `${width}px`);
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colors = {};
    // A canvas knows no light-dark(): an element does
    const ink = (color) => (colors[color] ??= (canvas.style.setProperty("color", `var(--${color})`), style.color));
    const dip = (color) => (pen.fillStyle = ink(color));
    const box = (color, ...place) => (dip(color), pen.fillRect(...place));
    const write = (color, ...text) => (dip(color), pen.fillText(...text));
    const x = (at) => ((at - from) / this.#span) * width;
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    pen.clearRect(0, 0, width, tall);
    pen.font = `11px ${style.getPropertyValue("--mono")}`;
    pen.textBaseline = "middle";
    const step = STEPS.find((one) => x(from + one) > 90);
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at < to; at += step) ticks.push(at);
    for (const at of ticks) box("line", Math.round(x(at)), TOP, 1, tall);
    if (!blocks.length) write("dim", this.all.length ? "Nothing ran in this window: zoom out, or move." : "Nothing ran yet.", 12, TOP + LANE);
    this.blocks = [];
    for (const [y, row] of blocks) {
      const top = y - scrollTop;
      if (top < TOP - LANE || top > tall) continue;
      const [left, right] = [Math.max(-2, x(row.began)), Math.min(width + 2, Math.max(x(ended(row, now)), x(row.began) + 2))];
      const first = row.first_byte_ms == null ? right : Math.min(right, x(row.began + row.first_byte_ms));
      const part = (start, stop, alpha) => {
        pen.globalAlpha = alpha;
        if (stop > start) box(tone(row), start, top + 2, stop - start, LANE - 4);
        pen.globalAlpha = 1;
      };
      part(left, Math.max(left, first), 0.2);
      part(Math.max(left, first), right, 0.45);
      part(left, left + 2, 1);
      if (row.id === this.#chosen?.id) {
        pen.strokeStyle = ink("text");
        pen.strokeRect(left - 1, top + 1, right - left + 2, LANE - 2);
      }
      const room = right - Math.max(0, left) - 10;
      if (room > 36) write("text", `${name(row)} ${row.status ?? ""}`.slice(0, room / 6.6), Math.max(0, left) + 6, top + LANE / 2, room);
      this.blocks.push({left, right, top, row});
    }
    for (const [y, text] of heads) write("dim", printable(text), 6, y - scrollTop + LANE / 2);
    box("back", 0, 0, width, TOP - 2);
    for (const at of ticks) write("dim", clock(at), x(at) + 4, 66);
    // The worst lag of each bar
    const bars = new Map();
    for (const {at, lag_ms: lag} of this.#lag) if (at >= from && at <= to) bars.set(Math.floor(x(at) / 3), Math.max(lag, bars.get(Math.floor(x(at) / 3)) ?? 0));
    for (const [at, lag] of bars) box(lag >= 100 ? "server" : lag >= 20 ? "client" : "app", at * 3, FOOT - high(lag), 2, high(lag));
    write("dim", "event loop late", 6, 7);
    for (const lag of [20, 100]) {
      box("line", 0, FOOT - high(lag), width - 46, 1);
      write("dim", `${lag} ms`, width - 42, FOOT - high(lag));
    }
    box("line", 0, FOOT, width, 1);
    const late = this.#lag.findLast((one) => one.at <= to);
    put(this.said, `${blocks.length} of ${this.all.length} in view`, late && `, event loop ${ms(late.lag_ms)} late`, this.#missed > 0 && `, ${this.#missed} not sent to this page`, this.lost);
    this.dataset.blocks = blocks.length;
  }

  /** Show what was until *end*; null: what happens. */
  #go(end) {
    this.#end = end < this.#now ? end : null;
    Object.values(SPANS).forEach((span, at) => this.spans[at].setAttribute("aria-pressed", Math.abs(span - this.#span) < 1));
    this.pause.setAttribute("aria-pressed", this.#end != null);
    this.pause.textContent = this.#end == null ? "Pause" : "Go on live";
    this.#draw();
  }

  /** The right edge stays where it is. */
  #zoom(by) {
    this.#span = Math.min(36e5, Math.max(100, this.#span * by));
    this.#go(this.#end);
  }

  #key(event) {
    const does = {
      "+": () => this.#zoom(0.5), "=": () => this.#zoom(0.5), "-": () => this.#zoom(2), 0: () => ((this.#span = 6e4), this.#go(null)), " ": () => this.pause.click(),
      ArrowLeft: () => this.#go(this.#to - 0.2 * this.#span), ArrowRight: () => this.#go(this.#to + 0.2 * this.#span), ArrowDown: () => this.#next(1), ArrowUp: () => this.#next(-1), Enter: () => this.#open(this.#chosen),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
  }

  /** Drag to move, or click to open. */
  #grab({clientX: began}) {
    const end = this.#to;
    const done = new AbortController();
    let moved = false;
    addEventListener("pointermove", ({clientX}) => {
      moved ||= Math.abs(clientX - began) > 3;
      if (moved) this.#go(end + ((began - clientX) / this.area.clientWidth) * this.#span);
    }, done);
    addEventListener("pointercancel", () => done.abort(), done);
    addEventListener("pointerup", (event) => {
      done.abort();
      if (!moved) this.#open(this.#at(event));
    }, done);
  }

  /** What is below the pointer, or as near as 3 px. */
  #at({clientX, clientY}) {
    const {left, top} = this.canvas.getBoundingClientRect();
    const far = (one) => Math.max(one.left - clientX + left, clientX - left - one.right);
    return this.blocks?.filter((one) => clientY - top >= one.top && clientY - top < one.top + LANE && far(one) < 3).sort((a, b) => far(a) - far(b))[0]?.row ?? null;
  }

  #open(row) {
    if (row) location.hash = `#/x/${row.id}`;
  }

  #tell(row) {
    put(this.line, row ? words(row) : h("span", {class: "dim"}, KEYS));
  }

  /** Choose the next exchange in time, and go where it is. */
  #next(step) {
    this.#pack();
    const [from, to] = [this.#to - this.#span, this.#to];
    const at = this.all.findIndex((one) => one.id === this.#chosen?.id);
    const row = at < 0 ? this.all.findLast((one) => one.began <= to && ended(one, this.#now) >= from) ?? this.all.at(-1) : this.all[at + step];
    if (!row) return;
    this.#end = row.began < from || row.began > to ? row.began + this.#span / 2 : to;
    this.#choose(row);
    const beside = this.all.filter((one) => one.began <= row.began && ended(one, this.#now) >= row.began).length - 1;
    announce(`${words(row)}; ${beside} ran then, too`);
  }

  #choose(row) {
    this.#chosen = row;
    this.#tell(row);
    this.#go(this.#end);
  }
});

// What ran at the same time, and how late the event loop was.

import {follow, list} from "../api.js";
import {announce, h, put} from "../dom.js";
import {bytes, clock, ms, printable, tone} from "../format.js";
import {ended, packed, within} from "./packing.js";

const [MOST, TOP, LANE, HEAD, SPANS] = [20000, 74, 20, 20, [["10 s", 1e4], ["1 min", 6e4], ["10 min", 6e5]]];
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5, 36e5];
const LAG = [[20, "20 ms"], [100, "100 ms"]];
const high = (lag) => Math.min(1, Math.log1p(Math.max(0, lag)) / Math.log1p(1000)) * 44;

customElements.define("asgi-lanes", class extends HTMLElement {
  #rows = new Map();
  #flying = [];
  #lag = [];
  #span = 6e4;
  #end = null; // the right edge while it does not follow what happens
  #ahead = 0; // of the server's clock
  #chosen = null;
  #hover = null;
  #workers = [];
  #stale = true;
  #drawn = 0;
  #missed = 0;
  #stop = [];

  connectedCallback() {
    this.classList.add("m-lanes");
    this.canvas = h("canvas", {"aria-hidden": "true"});
    this.room = h("div", {class: "m-room"}, this.canvas);
    this.area = h("div", {class: "m-area", tabindex: "0", role: "group", "aria-roledescription": "time line", "aria-describedby": "m-keys",
      "aria-label": "What ran at the same time", onkeydown: (event) => this.#key(event), onwheel: (event) => this.#wheel(event), onpointerdown: (event) => this.#grab(event),
      onpointermove: (event) => this.#point(event), onpointerleave: () => this.#over(null), ondblclick: () => this.#live(), onscroll: () => this.#draw()}, this.room);
    this.line = h("p", {class: "m-told mono"});
    this.moment = h("details", {class: "m-moment", ontoggle: () => this.#table()});
    this.spans = SPANS.map(([name, span]) => h("button", {"aria-pressed": "false", onclick: () => this.#zoom(span / this.#span)}, name));
    this.pause = h("button", {"aria-pressed": "false", onclick: () => (this.#end == null ? this.#hold() : this.#live())}, "Pause");
    this.said = h("span", {class: "dim"});
    const key = (name, label) => h("span", {class: `m-key m-key-${name}`}, label);
    put(this,
      h("div", {class: "m-bar"}, h("span", {role: "group", "aria-label": "Window", class: "m-group"}, this.spans), this.pause,
        h("button", {"aria-label": "Zoom in", onclick: () => this.#zoom(0.5)}, "+"), h("button", {"aria-label": "Zoom out", onclick: () => this.#zoom(2)}, "−"), this.said, h("span", {class: "grow"}),
        h("span", {class: "m-legend dim"}, key("wait", "before the first byte"), key("send", "sending"), key("rest", "after the response"))),
      this.area, this.line,
      h("p", {class: "unseen", id: "m-keys"}, "Left and right move in time, plus and minus zoom, 0 goes on live, up and down choose an exchange, Enter opens it, space pauses."), this.moment);
    const size = new ResizeObserver(() => this.#draw());
    size.observe(this.area);
    const ended = follow("", {
      rows: (rows) => this.#add(rows), flying: (rows) => (this.#flying = rows, this.#stale = true), gap: (missed) => (this.#missed += missed ?? 0),
      lag: (one) => {
        this.#ahead = Math.max(this.#ahead - 1, one.at - Date.now());
        this.#lag.push(one);
        if (this.#lag.length > 7000) this.#lag.splice(0, 1000);
      },
      open: () => (this.lost = ""), lost: () => (this.lost = " The connection is lost; it is tried again."),
    });
    this.#stop = [ended, () => size.disconnect()];
    this.#load().catch((error) => put(this.line, `What ran before cannot be shown: ${error.message}`));
    this.#choose(null);
    this.#tick();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    for (const stop of this.#stop) stop();
  }

  /** What ran in the last ten minutes. */
  async #load() {
    let before = "";
    for (let page = 0; page < 10 && before != null; page++) {
      const found = await list({before, limit: 1000});
      this.#add(found.rows);
      before = (found.rows.at(-1)?.began ?? 0) < Date.now() - 6e5 ? null : found.next;
    }
    // Nothing new: what there was last
    const last = Math.max(0, ...Array.from(this.#rows.values(), (one) => one.began));
    if (last && last < this.#now - this.#span && !this.#flying.length) this.#end = last + this.#span * 0.1, this.#state();
  }

  #add(rows) {
    for (const row of rows) if (row.type !== "lifespan") this.#rows.set(row.id, row);
    for (const id of this.#rows.keys()) {
      if (this.#rows.size <= MOST) break;
      this.#rows.delete(id);
    }
    this.#stale = true;
  }

  get #now() {
    return Date.now() + this.#ahead;
  }

  get #to() {
    return this.#end ?? this.#now;
  }

  #tick() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches ? 500 : 33;
    this.frame = requestAnimationFrame((at) => {
      // As often as a pixel passes
      if (at - this.#drawn > Math.max(still, this.#span / Math.max(1, this.area.clientWidth)) && (this.#end == null || this.#stale)) this.#draw(), (this.#drawn = at);
      this.#tick();
    });
  }

  #pack() {
    if (!this.#stale) return;
    const all = new Map(this.#rows);
    for (const row of this.#flying) if (!all.has(row.id) && row.type !== "lifespan") all.set(row.id, row);
    this.all = [...all.values()].sort((a, b) => a.began - b.began);
    this.#workers = packed(this.all, this.#now);
    this.#stale = false;
  }

  /** The lanes in view: [{y, row}] and heads [{y, text}], and how high they are. */
  #placed() {
    this.#pack();
    const [to, blocks, heads] = [this.#to, [], []];
    let y = TOP;
    for (const {host, pid, lanes} of this.#workers) {
      const seen = lanes.map((lane) => within(lane, to - this.#span, to, this.#now));
      const used = seen.findLastIndex((lane) => lane.length) + 1;
      if (!used) continue;
      if (this.#workers.length > 1) heads.push({y, text: `${host}, process ${pid}`}), (y += HEAD);
      for (const lane of seen.slice(0, used)) {
        for (const row of lane) blocks.push({y, row});
        y += LANE;
      }
      y += 6;
    }
    return {blocks, heads, height: y};
  }

  #draw() {
    const [width, tall] = [this.area.clientWidth, this.area.clientHeight];
    if (!width) return;
    const {blocks, heads, height} = this.#placed();
    this.room.style.setProperty("block-size", `${Math.max(height, tall)}px`);
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(tall * ratio)) {
      [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(tall * ratio)];
      this.canvas.style.setProperty("inline-size", `${width}px`);
      this.canvas.style.setProperty("block-size", `${tall}px`);
    }
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(this);
    const color = (name) => style.getPropertyValue(`--${name}`);
    const [to, from, now, scroll] = [this.#to, this.#to - this.#span, this.#now, this.area.scrollTop];
    const x = (at) => ((at - from) / this.#span) * width;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, tall);
    pen.font = `11px ${style.fontFamily}`;
    pen.textBaseline = "middle";
    const step = STEPS.find((one) => (one / this.#span) * width > 90);
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at < to; at += step) ticks.push(at);
    pen.fillStyle = color("line");
    for (const at of ticks) pen.fillRect(Math.round(x(at)), TOP, 1, tall);
    pen.fillStyle = color("dim");
    if (!blocks.length) pen.fillText(this.all.length ? "Nothing ran in this window: zoom out, or move." : "Nothing ran yet.", 12, TOP + LANE);
    this.blocks = [];
    for (const {y, row} of blocks) {
      const top = y - scroll;
      if (top < TOP - LANE || top > tall) continue;
      const hue = color({off: "line-strong"}[tone(row)] ?? tone(row));
      const [left, right] = [Math.max(-2, x(row.began)), Math.min(width + 2, Math.max(x(ended(row, now)), x(row.began) + 2))];
      const first = row.first_byte_ms == null ? (row.duration_ms == null ? now : row.began + row.duration_ms) : row.began + row.first_byte_ms;
      const part = (a, b, alpha) => {
        const [start, stop] = [Math.max(left, a), Math.min(right, Math.max(b, a + 1))];
        pen.globalAlpha = alpha;
        if (stop > start) pen.fillRect(start, top + 2, stop - start, LANE - 4);
      };
      pen.fillStyle = hue;
      part(left, x(first), 0.2);
      part(x(first), row.duration_ms == null ? right : x(row.began + row.duration_ms), 0.45);
      if (row.duration_ms != null) part(x(row.began + row.duration_ms), right, 0.1);
      pen.globalAlpha = 1;
      pen.fillRect(left, top + 2, 2, LANE - 4);
      if (row === this.#hover || row.id === this.#chosen?.id) pen.strokeStyle = color("text"), (pen.lineWidth = row === this.#hover ? 1 : 2), pen.strokeRect(left - 1, top + 1, right - left + 2, LANE - 2);
      if (right - left > 46) {
        pen.save();
        pen.beginPath();
        pen.rect(left, top, right - left - 3, LANE);
        pen.clip();
        pen.fillStyle = color("text");
        pen.fillText(printable(`${row.method || row.type} ${row.path ?? ""} ${row.status ?? ""}`.slice(0, 200)), Math.max(0, left) + 6, top + LANE / 2);
        pen.restore();
      }
      this.blocks.push({left, right, top, row});
    }
    pen.fillStyle = color("dim");
    for (const {y, text} of heads) if (y - scroll >= TOP - HEAD) pen.fillText(printable(text), 6, y - scroll + HEAD / 2);
    pen.fillStyle = color("back");
    pen.fillRect(0, 0, width, TOP - 2);
    for (const at of ticks) pen.fillStyle = color("dim"), pen.fillText(step < 1000 ? clock(at).slice(3) : clock(at).slice(0, 8), x(at) + 4, 66);
    this.#strip(pen, color, x, width, from, to);
    const total = this.all.length;
    const lag = this.#lag.findLast((one) => one.at <= to);
    put(this.said, `${blocks.length} of ${this.#rows.size >= MOST ? `the newest ${total}` : total} in view${lag ? `, event loop ${ms(lag.lag_ms)} late` : ""}${this.#missed ? `, ${this.#missed} not sent to this page` : ""}${this.lost ?? ""}`);
    this.dataset.blocks = blocks.length;
  }

  #strip(pen, color, x, width, from, to) {
    const tops = new Map();
    for (const {at, lag_ms: lag} of this.#lag) if (at >= from && at <= to) tops.set(Math.floor(x(at) / 3), Math.max(lag, tops.get(Math.floor(x(at) / 3)) ?? 0));
    for (const [at, lag] of tops) {
      pen.fillStyle = color(lag >= 100 ? "server" : lag >= 20 ? "client" : "app");
      pen.fillRect(at * 3, 56 - Math.max(1, high(lag)), 2, Math.max(1, high(lag)));
    }
    pen.fillStyle = color("dim");
    pen.fillText("event loop late", 6, 7);
    for (const [lag, name] of LAG) {
      pen.fillStyle = color("line-strong");
      for (let at = 0; at < width - 46; at += 6) pen.fillRect(at, 56 - high(lag), 3, 1);
      pen.fillStyle = color("dim");
      pen.fillText(name, width - 42, 55 - high(lag) - (lag > 20 ? 2 : -2));
    }
    pen.fillStyle = color("line");
    pen.fillRect(0, 56, width, 1);
  }

  #state() {
    SPANS.forEach(([, span], at) => this.spans[at].setAttribute("aria-pressed", Math.abs(span - this.#span) < 1));
    this.pause.setAttribute("aria-pressed", this.#end != null);
    this.pause.textContent = this.#end == null ? "Pause" : "Go on live";
    this.#draw();
    this.#table();
  }

  #hold() {
    this.#end = this.#to;
    this.#state();
  }

  #live() {
    this.#end = null;
    this.#state();
  }

  #zoom(by, at = 1) {
    const span = Math.min(36e5, Math.max(20, this.#span * by));
    // What is below the pointer stays there; the right edge, while it is live
    if (this.#end != null) this.#end += (span - this.#span) * (1 - at);
    this.#span = span;
    this.#state();
  }

  #pan(part) {
    this.#end = this.#to + part * this.#span;
    if (this.#end >= this.#now) this.#end = null;
    this.#state();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const does = {
      "+": () => this.#zoom(0.5), "=": () => this.#zoom(0.5), "-": () => this.#zoom(2), 0: () => ((this.#span = 6e4), this.#live()),
      ArrowLeft: () => this.#pan(-0.2), ArrowRight: () => this.#pan(0.2), ArrowDown: () => this.#next(1), ArrowUp: () => this.#next(-1),
      " ": () => this.pause.click(), Enter: () => this.#open(this.#chosen),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  #wheel(event) {
    if (event.ctrlKey || event.metaKey) this.#zoom(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX / this.area.clientWidth);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.#pan((event.deltaX || event.deltaY) / this.area.clientWidth);
    else return;
    event.preventDefault();
  }

  #grab(event) {
    const [began, end] = [event.clientX, this.#to];
    let moved = false;
    const move = (to) => {
      if (!moved && Math.abs(to.clientX - began) < 4) return;
      moved = true;
      this.#end = end;
      this.#pan((began - to.clientX) / this.area.clientWidth);
    };
    const up = (to) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointercancel", up);
      if (!moved && to.type === "pointerup") this.#click(to);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up, {once: true});
    addEventListener("pointercancel", up, {once: true});
  }

  #at(event) {
    const {left, top} = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const near = (this.blocks ?? []).filter((one) => y >= one.top && y < one.top + LANE && x >= one.left - 3 && x <= one.right + 3);
    return {x, row: near.find((one) => x >= one.left && x <= one.right)?.row ?? near[0]?.row ?? null};
  }

  #point(event) {
    this.#over(this.#at(event).row);
  }

  #over(row) {
    if (row === this.#hover) return;
    this.#hover = row;
    this.area.classList.toggle("m-hand", Boolean(row));
    this.#tell(row ?? this.#chosen);
    this.#draw();
  }

  #click(event) {
    const {x, row} = this.#at(event);
    if (row) this.#open(row);
    else this.#choose(null, this.#to - this.#span * (1 - x / this.area.clientWidth));
  }

  #open(row) {
    if (row) location.hash = `#/x/${encodeURIComponent(row.id)}`;
  }

  #tell(row) {
    put(this.line, row ? this.#words(row) : h("span", {class: "dim"}, "Point at an exchange, or choose one with ↑ ↓. Drag or ← → to move, + − to zoom, 0 to go on live."));
  }

  #words(row) {
    return printable([`${row.method || row.type} ${row.path ?? ""}`, row.status ?? "no status", row.outcome ?? "in flight", row.duration_ms != null && ms(row.duration_ms), row.first_byte_ms != null && `first byte after ${ms(row.first_byte_ms)}`, `began ${clock(row.began)}`].filter(Boolean).join(", "));
  }

  /** Choose the next exchange in time; the view goes where it is. */
  #next(step) {
    this.#pack();
    const [from, to] = [this.#to - this.#span, this.#to];
    const at = this.all.findIndex((one) => one.id === this.#chosen?.id);
    const row = at < 0 ? this.all.findLast((one) => one.began <= to && ended(one, this.#now) >= from) : this.all[at + step];
    if (!row) return;
    if (row.began < from || row.began > to) this.#end = row.began + this.#span / 2;
    else this.#end ??= to;
    this.#choose(row, row.began);
    announce(this.#words(row));
  }

  #choose(row, at = null) {
    this.#chosen = row;
    this.chosenAt = at;
    this.#tell(row);
    this.#state();
  }

  /** For those who cannot see lanes, and for whoever wants a list: what ran at the chosen moment. */
  #table() {
    this.#pack();
    const at = this.chosenAt ?? this.#to;
    const ran = this.all.filter((one) => one.began <= at && ended(one, this.#now) >= at);
    const summary = this.moment.querySelector("summary") ?? h("summary");
    put(summary, `${ran.length} ran at ${clock(at)}`);
    const names = ["exchange", "status", "outcome", "began", "duration", "sent", "process"];
    put(this.moment, summary, this.moment.open && h("div", {class: "m-wide", tabindex: "0", role: "region", "aria-label": "What ran at the chosen moment"}, h("table", {class: "mono"},
      h("thead", {}, h("tr", {}, names.map((name) => h("th", {scope: "col"}, name)))),
      h("tbody", {}, ran.slice(0, 100).map((one) => h("tr", {}, h("th", {scope: "row"}, h("a", {href: `#/x/${encodeURIComponent(one.id)}`}, printable(`${one.method || one.type} ${one.path ?? ""}`))),
        [one.status ?? "", one.outcome ?? "in flight", clock(one.began), ms(one.duration_ms), bytes(one.bytes_out), one.pid].map((cell) => h("td", {}, cell))))))),
      this.moment.open && ran.length > 100 && h("p", {class: "dim"}, `The first 100 of ${ran.length} are listed.`));
  }
});

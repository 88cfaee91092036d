// The time line: who worked or waited, and what else was.

import {h, put, s} from "../dom.js";
import {ms, printable} from "../format.js";
import {table} from "./facts.js";
import {KINDS, hue, notes} from "./notes.js";

const [PAD, TOP, HIGH, FAR] = [10, 62, 22, 64];
const LANES = {app: "app at work", receive: "awaits receive", send: "awaits send", blocked: "loop blocked", listen: "listens for the client's end", missing: "events are missing"};

/** Steps of the axis, of about 100 px. */
function ticks(total, width) {
  const rough = (total * 100) / width;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * ten).find((one) => one >= rough);
  return Array.from({length: Math.floor(total / step) + 1}, (_, at) => at * step);
}

/** Notes in rows, none over another: [label, notes], *least* ms wide each. */
function packed(all, least) {
  return Object.entries(KINDS).flatMap(([kind, label]) => {
    const found = [];
    for (const one of all.filter((note) => note.kind === kind).sort((a, b) => a.at_ms - b.at_ms)) {
      let row = found.find((other) => kind === "log" || other.until <= one.at_ms);
      if (!row) found.push(row = {notes: []});
      row.notes.push(one);
      row.until = Math.max(one.until_ms ?? 0, one.at_ms + least);
    }
    return found.map((row, at) => [at ? "" : label, row.notes]);
  });
}

/** The view; *state.zoom* is kept. */
export function timeline(exchange, state) {
  const {end_ms: total, lanes, first_byte_ms: begun} = exchange.drawn;
  const markers = [["first byte", begun], ["response over", exchange.duration_ms], ["app returned", exchange.returned_ms]].filter(([, at]) => at != null);
  const names = h("div", {class: "x-lanes", "aria-hidden": "true"});
  const area = h("div", {class: "x-axis", tabindex: "0", role: "region", "aria-label": "Time line: + and - zoom, 0 shows all, arrows move", onkeydown: keys});

  /** Stretches as bars; what cannot be told apart is one. */
  function bars(name, x, y) {
    const drawn = [];
    for (const [from, to] of lanes[name]) {
      const last = drawn.at(-1);
      const right = Math.max(x(to), x(from) + 2);
      if (last && x(from) - last.right < 1) Object.assign(last, {right, to});
      else drawn.push({left: x(from), right, from, to});
    }
    return drawn.map(({left, right, from, to}) => s("rect", {class: `x-bar-${name}`, x: left, width: right - left, y: y + 3, height: HIGH - 6},
      s("title", {}, `${LANES[name]}: ${ms(to - from)}, from ${ms(from)}`)));
  }

  function mark(one, x, y) {
    const [left, right, title] = [x(one.at_ms), x(one.until_ms ?? one.at_ms), printable(one.title)];
    const fits = Math.floor((right - left - 8) / 6);
    return s("g", {class: `x-note ${hue(one)}`}, s("title", {}, `${one.kind}: ${title}${one.until_ms == null ? "" : `, ${ms(one.until_ms - one.at_ms)}`}, at ${ms(one.at_ms)}`),
      one.until_ms == null ? s("circle", {cx: left, cy: y + HIGH / 2, r: 4.5}) : s("rect", {x: left, width: Math.max(3, right - left), y: y + 3, height: HIGH - 6}),
      fits > 3 && s("text", {x: left + 4, y: y + 15}, title.length > fits ? `${title.slice(0, fits - 1)}…` : title));
  }

  function draw() {
    const zoom = state.zoom ?? 1;
    const inner = (area.clientWidth - 2 * PAD) * zoom;
    if (inner <= 0) return;
    const x = (at) => PAD + (at / total) * inner;
    const rows = packed(exchange.notes, (total / inner) * 3);
    const noted = TOP + 4 * HIGH;
    const [width, height] = [inner + 2 * PAD, noted + rows.length * HIGH + 8];
    const ruler = (at, kind, ...words) => s("g", {class: kind}, s("line", {x1: x(at), x2: x(at), y1: 18, y2: height}), words);
    put(names, [...Object.values(LANES).slice(0, 4), ...rows.map(([label]) => label)].map((label) => h("div", {}, label)));
    put(area, s("svg", {width, height, role: "img", "aria-label": `Time line over ${ms(total)}, ${zoom} times as wide as its window; the tables below say the same`},
      ticks(total, inner).map((at) => ruler(at, "x-tick", x(at) < width - 45 && s("text", {x: x(at) + 3, y: 12}, at ? ms(at) : "0"))),
      Object.keys(LANES).map((name, row) => bars(name, x, TOP + [0, 1, 2, 3, 1, 0][row] * HIGH)),
      rows.map(([, items], row) => items.map((one) => mark(one, x, noted + row * HIGH))),
      markers.map(([words, at], row) => ruler(at, "x-marker", s("text", {x: x(at) + (x(at) > width - 130 ? -5 : 5), y: 28 + row * 13, "text-anchor": x(at) > width - 130 ? "end" : "start"}, words)))));
  }

  function zoom(by) {
    const was = state.zoom ?? 1;
    state.zoom = Math.max(1, Math.min(FAR, was * by));
    const middle = area.scrollLeft + area.clientWidth / 2;
    draw();
    area.scrollLeft = (middle * state.zoom) / was - area.clientWidth / 2;
  }
  function keys(event) {
    const by = {"+": 2, "=": 2, "-": 0.5, 0: 1 / FAR}[event.key];
    if (by && !event.ctrlKey && !event.metaKey) event.preventDefault(), zoom(by);
  }
  new ResizeObserver(draw).observe(area);
  const button = (label, name, by) => h("button", {"aria-label": name, title: name, onclick: () => zoom(by)}, label);
  const stretches = Object.entries(LANES).filter(([name]) => lanes[name].length).map(([name, words]) => {
    const took = lanes[name].map(([from, to]) => to - from);
    return [[h("i", {class: `x-swatch x-bar-${name}`}), words], ms(took.reduce((all, one) => all + one)), took.length, ms(Math.max(...took))];
  });
  return h("div", {class: "x-scroll"}, h("div", {class: "x-tools"}, button("+", "Zoom in", 2), button("−", "Zoom out", 0.5), button("All", "Show all of it", 1 / FAR)), h("div", {class: "x-time"}, names, area),
    h("div", {class: "x-pad"}, table("Stretches of time", ["What", "Total", "Times", "Longest"], [...stretches, ...markers.map(([words, at]) => [words, ms(at)])], "x-spent")), exchange.notes.length > 0 && notes(exchange, state));
}

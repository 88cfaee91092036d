// The time line: who worked and who waited, and what else happened, on one axis.

import {h, put, s} from "../dom.js";
import {ms, printable} from "../format.js";
import {end, lanes, start} from "./facts.js";
import {notes, packed} from "./notes.js";

const LEFT = 118;
const RIGHT = 14;
const HIGH = 22;
const LANES = [["app", "app at work"], ["receive", "awaits receive"], ["send", "awaits send"], ["blocked", "loop blocked"]];
const MOST = 400;

/** Round steps of the axis, about one every 100 px. */
function ticks(from, to, width) {
  const rough = ((to - from) * 100) / width;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * ten).find((one) => one >= rough);
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to && found.length < 50; at += step) found.push(at);
  return found;
}

/** The view; *state.zoom* is kept. */
export function timeline(exchange, state) {
  const total = end(exchange);
  const found = lanes(exchange);
  const all = exchange.notes ?? [];
  const begun = start(exchange);
  const markers = [["first byte", begun?.called_ms], ["response over", exchange.duration_ms], ["app returned", exchange.returned_ms]].filter(([, at]) => at != null);
  const tip = h("div", {class: "x-tip-box", hidden: true});
  const place = h("div", {class: "x-time-in"});
  const area = h("div", {class: "x-time-area", tabindex: "0", role: "group", "aria-label": "Time line: + and - zoom, 0 shows all, arrows move", onkeydown: keys}, place, tip);
  const [from, to] = [() => state.zoom?.[0] ?? 0, () => state.zoom?.[1] ?? total];
  let width = 0;
  let pressed = null;

  const inner = () => width - LEFT - RIGHT;
  const x = (at) => LEFT + ((at - from()) / (to() - from())) * inner();
  const moment = (event) => Math.max(from(), Math.min(to(), from() + ((event.clientX - place.getBoundingClientRect().left - LEFT) / inner()) * (to() - from())));

  /** Stretches as bars; those that cannot be told apart are drawn as one. */
  function bars(stretches, name, y, label) {
    const drawn = [];
    for (const [a, b] of stretches) {
      if (b < from() || a > to()) continue;
      const [left, right] = [Math.max(LEFT, x(a)), Math.min(width - RIGHT, Math.max(x(b), x(a) + 2))];
      const last = drawn.at(-1);
      if (last && left - last.right < 1) Object.assign(last, {right: Math.max(last.right, right), until: b, count: last.count + 1});
      else drawn.push({left, right, at: a, until: b, count: 1});
    }
    return drawn.map((one) => s("rect", {class: `x-bar x-bar-${name}`, x: one.left, width: one.right - one.left, y: y + 3, height: HIGH - 6, rx: 2, "data-tip": `${label}${one.count > 1 ? `, ${one.count} times` : ""}: ${ms(one.until - one.at)}, from ${ms(one.at)}`}));
  }

  function draw() {
    const rowsOf = packed(all, (to() - from()) / Math.max(inner(), 1));
    const top = 42;
    const noted = top + LANES.length * HIGH + 12;
    const height = noted + rowsOf.length * HIGH + 8;
    const label = (words, y) => s("text", {class: "x-lane", x: LEFT - 8, y: y + 15, "text-anchor": "end"}, words);
    let nodes = 0;
    const listed = rowsOf.flatMap(({kind, items}, row) => {
      const y = noted + row * HIGH;
      const first = rowsOf.findIndex((one) => one.kind === kind) === row;
      return [first && label({log: "logs", span: "spans", measure: "measured", call: "calls", blocked: "blocked by"}[kind] ?? kind, y),
        items.filter((one) => (one.until_ms ?? one.at_ms) >= from() && one.at_ms <= to() && nodes++ < MOST).map((one) => mark(one, y))];
    });
    put(place, s("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Time line from ${ms(from())} to ${ms(to())}; the tables below say the same`},
      ticks(from(), to(), inner()).map((at) => s("g", {class: "x-tick"}, s("line", {x1: x(at), x2: x(at), y1: 22, y2: height}), s("text", {x: x(at) + 3, y: 18}, at ? ms(at) : "0"))),
      LANES.map(([name, words], row) => [s("rect", {class: "x-lane-back", x: LEFT, width: inner(), y: top + row * HIGH + 3, height: HIGH - 6}), label(words, top + row * HIGH), bars(found[name], name, top + row * HIGH, words)]),
      bars(found.listen, "listen", top + HIGH, "waits in case the client leaves"),
      all.length > 0 && s("line", {class: "x-rule", x1: 0, x2: width, y1: noted - 6, y2: noted - 6}), listed,
      markers.filter(([, at]) => at >= from() && at <= to()).map(([words, at], row) => s("g", {class: "x-marker", "data-tip": `${words}: ${ms(at)}`}, s("line", {x1: x(at), x2: x(at), y1: 24, y2: height}),
        s("path", {d: `M${x(at) - 4} 24h8l-4 6z`}), s("text", {x: x(at) + (x(at) > width - 130 ? -7 : 7), y: 33 + row * 0, "text-anchor": x(at) > width - 130 ? "end" : "start", class: crowded(markers, row) ? "x-off" : ""}, words))),
      s("rect", {class: "x-zooming", y: 22, height: height - 22, x: 0, width: 0})));
    zoomed.hidden = !state.zoom;
  }

  const crowded = (list, row) => row > 0 && Math.abs(x(list[row][1]) - x(list[row - 1][1])) < 90;

  function mark(one, y) {
    const words = `${one.kind}: ${printable(one.title)}${one.until_ms == null ? "" : `, ${ms(one.until_ms - one.at_ms)}`}, at ${ms(one.at_ms)}`;
    const left = Math.max(LEFT, x(one.at_ms));
    if (one.until_ms == null) return s("circle", {class: `x-note x-level-${level(one)}`, cx: left, cy: y + HIGH / 2, r: 4.5, "data-tip": words});
    const wide = Math.max(3, Math.min(width - RIGHT, x(one.until_ms)) - left);
    const fits = Math.floor((wide - 8) / 6);
    return s("g", {class: `x-note x-note-${one.kind}`, "data-tip": words}, s("rect", {x: left, width: wide, y: y + 3, height: HIGH - 6, rx: 2}),
      fits > 3 && s("text", {x: left + 4, y: y + 15}, one.title.length > fits ? `${printable(one.title).slice(0, fits - 1)}…` : printable(one.title)));
  }

  const zoom = (a, b) => {
    const span = Math.max(total / 1e5, Math.min(total, b - a));
    const at = Math.max(0, Math.min(total - span, a));
    state.zoom = span >= total ? null : [at, at + span];
    draw();
  };
  const by = (factor, middle = (from() + to()) / 2) => zoom(middle - (middle - from()) * factor, middle + (to() - middle) * factor);

  function keys(event) {
    const step = (to() - from()) / 8;
    const act = {"+": () => by(0.5), "=": () => by(0.5), "-": () => by(2), 0: () => zoom(0, total), ArrowLeft: () => zoom(from() - step, to() - step), ArrowRight: () => zoom(from() + step, to() + step)}[event.key];
    if (act) event.preventDefault(), act();
  }
  const zone = (a, b) => Object.entries({x: Math.min(a, b), width: Math.abs(b - a)}).forEach(([name, value]) => place.querySelector(".x-zooming").setAttribute(name, value));
  area.addEventListener("pointerdown", (event) => event.button === 0 && width && (pressed = moment(event)));
  area.addEventListener("pointermove", (event) => {
    if (pressed != null) zone(x(pressed), x(moment(event)));
    const words = event.target.closest("[data-tip]")?.dataset.tip;
    tip.hidden = !words;
    if (!words) return;
    tip.textContent = words;
    const box = area.getBoundingClientRect();
    tip.style.setProperty("left", `${Math.max(4, Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth - 4))}px`);
    tip.style.setProperty("top", `${event.clientY - box.top + 16}px`);
  });
  area.addEventListener("pointerup", (event) => {
    const [a, b] = [pressed, pressed == null ? null : moment(event)].sort((one, two) => one - two);
    pressed = null;
    zone(0, 0);
    if (a != null && x(b) - x(a) > 6) zoom(a, b);
  });
  area.addEventListener("pointerleave", () => (tip.hidden = true, pressed = null, zone(0, 0)));

  const button = (label, name, act) => h("button", {"aria-label": name, title: name, onclick: act}, label);
  const zoomed = h("span", {class: "dim", hidden: true}, "zoomed");
  const table = h("table", {class: "x-table x-spent"}, h("caption", {}, "Stretches of time"), h("thead", {}, h("tr", {}, ["What", "Total", "Times", "Longest"].map((one) => h("th", {scope: "col"}, one)))),
    h("tbody", {}, [...LANES, ["listen", "waits in case the client leaves"]].filter(([name]) => found[name].length).map(([name, words]) => h("tr", {}, h("th", {scope: "row"}, h("span", {class: `x-swatch x-bar-${name}`}), words),
      [found[name].reduce((sum, [a, b]) => sum + b - a, 0), found[name].length, Math.max(...found[name].map(([a, b]) => b - a))].map((one, at) => h("td", {class: "x-num"}, at === 1 ? one : ms(one))))),
      markers.map(([words, at]) => h("tr", {}, h("th", {scope: "row"}, words), h("td", {class: "x-num"}, ms(at)), h("td"), h("td")))));
  new ResizeObserver(() => {
    if (area.clientWidth && area.clientWidth !== width) width = area.clientWidth, draw();
  }).observe(area);
  return h("div", {class: "x-time"}, h("div", {class: "x-tools"}, button("+", "Zoom in", () => by(0.5)), button("−", "Zoom out", () => by(2)), button("All", "Show all of it", () => zoom(0, total)), zoomed,
    h("span", {class: "dim"}, "drag to zoom")), area, h("div", {class: "x-pad"}, table, all.length > 0 && notes(exchange, state)));
}

export const level = (note) => ({CRITICAL: "error", ERROR: "error", WARNING: "warning", WARN: "warning", DEBUG: "debug"})[String(note.level ?? "").toUpperCase()] ?? "info";

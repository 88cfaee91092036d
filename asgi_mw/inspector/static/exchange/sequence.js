// The sequence diagram: every message an arrow between its neighbours, downward in time.

import {announce, h, put, s} from "../dom.js";
import {bytes, ms, printable} from "../format.js";
import {end, merged, rest, shown, waits} from "./facts.js";
import {table} from "./headers.js";
import {between, participants, reach, sentence, steps} from "./steps.js";

const PAGE = 240;
const AXIS = 62;
const AWAITED = {app: "at work", receive: "awaits the client", send: "client reads"};

/** Where each row stands: even steps, or true to time with long waits cut. */
function placed(rows, even, total) {
  const scale = Math.max(420, rows.length * 30) / total;
  let y = 30;
  let before = rows[0]?.at ?? 0;
  const breaks = [];
  for (const [at, row] of rows.entries()) {
    const wait = row.at - before;
    const long = at > 0 && wait >= 1 && wait >= total * 0.08;
    const wanted = even ? 0 : wait * scale;
    if (at) y += even ? (long ? 52 : 30) : Math.min(150, Math.max(24, wanted));
    if (at && (even ? long : wanted > 150)) breaks.push({y: y - (even ? 34 : 80), wait, from: before, to: row.at, after: rows[at - 1]});
    row.y = y;
    for (const [n, one] of row.hops.entries()) one.y = y + n * 7;
    y = row.hops.at(-1).y;
    before = Math.max(before, row.hops.at(-1).at);
  }
  return {height: y + 34, breaks};
}

/** Who was busy between two moments. */
function busy(events, from, to, http) {
  const found = waits(events, to, http);
  const part = (all) => all.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0);
  const [receive, send] = [part(found.receive), part(found.send)];
  const app = to - from - receive - send;
  return app >= receive && app >= send ? "app" : receive > send ? "receive" : "send";
}

/** The view; *state* is kept from one drawing to the next. */
export function sequence(exchange, state) {
  const people = participants(exchange);
  const all = steps(exchange);
  const total = end(exchange);
  const deepest = reach(exchange);
  state.from ??= 0;
  const page = [];
  for (let at = state.from, hops = 0; at < all.length && (hops += all[at].hops.length) <= PAGE; at++) page.push(all[at]);
  if (!page.length && all.length) page.push(all[state.from] ?? all[0]);
  const flat = page.flatMap((row) => row.hops.map((one) => ({row, one})));
  const head = h("div", {class: "x-seq-head"});
  const body = h("div", {class: "x-seq-body"});
  const side = h("aside", {class: "x-side", tabindex: "0", "aria-label": "The chosen message"});
  const list = h("ul", {class: "unseen", role: "listbox", tabindex: "0", "aria-label": "Messages, in time", onkeydown: keys},
    flat.map(({row, one}, at) => h("li", {role: "option", id: `x-hop-${at}`, "aria-selected": "false"}, printable(sentence(people, row, one)), row.dots.map((dot) => `; ${printable(dot.said)}`))));
  const area = h("div", {class: "x-seq-area"}, list, head, body);
  let marks = [];
  let pinned = false;

  function draw() {
    const count = people.length;
    const room = (area.clientWidth || 760) - AXIS - 16;
    const wide = Math.max(count > 2 ? 96 : 150, Math.min(count < 4 ? 360 : 230, room / (count - 0.2)));
    const x = (column) => AXIS + wide * 0.42 + column * wide;
    const width = x(count - 1) + wide * 0.5;
    const {height, breaks} = placed(page, !state.true, total);
    const size = (high) => ({width, height: high, viewBox: `0 0 ${width} ${high}`});
    put(head, s("svg", {...size(40), "aria-hidden": "true"}, people.map((one, column) => heading(one, column, x(column), wide, column > deepest + 1))));
    const hatched = people.map((one, column) => one.why && s("g", {}, s("title", {}, `${printable(one.name)} is not visible: ${printable(one.why)}`),
      s("rect", {class: "x-hatched", x: x(column) - 7, width: between(exchange, column).length ? 14 : wide + 14, y: 0, height}),
      s("text", {class: "x-whynot", x: x(column) + wide / 2, y: 16, "text-anchor": "middle"}, "not visible")));
    const lines = people.map((_, column) => s("line", {class: column > deepest + 1 ? "x-life x-unreached" : "x-life", x1: x(column), x2: x(column), y1: 0, y2: height}));
    marks = [];
    const drawn = page.map((row) => arrows(row, x, wide));
    const svg = s("svg", {...size(height), role: "img", "aria-label": summary(exchange, people, all)}, defs(), hatched, lines, works(x), breaks.map((one) => pause(one, x)), drawn);
    svg.addEventListener("pointerover", (event) => !pinned && choose(hopOf(event.target), false));
    svg.addEventListener("click", (event) => {
      const at = hopOf(event.target);
      pinned = at >= 0 && !(pinned && at === state.chosen);
      choose(at, true);
    });
    put(body, svg);
    choose(state.chosen ?? Math.max(0, flat.findIndex(({row}) => row.kind === "send" && row.dots.length)), false);
  }

  function arrows(row, x, wide) {
    const shownAt = s("text", {class: "x-at", x: AXIS - 8, y: row.y + 4, "text-anchor": "end"}, row.at >= 100 && row.at < 1000 ? `${row.at.toFixed(1)} ms` : row.at ? ms(row.at) : "0");
    const parts = row.hops.map((one, n) => {
      const [from, to] = row.goes > 0 ? [one.gap, one.gap + 1] : [one.gap + 1, one.gap];
      const label = fitting(one.labels, wide - 22, row.kind === "call" || row.kind === "raise" ? 7 : 6.1);
      const same = n > 0 && one.labels[0] === row.hops[n - 1].labels[0];
      const mark = s("g", {class: `x-hop x-${row.kind}${one.pending ? " x-pending" : ""}${same ? " x-same" : ""}`, "data-at": marks.length},
        s("rect", {class: "x-hit", x: Math.min(x(from), x(to)), y: one.y - 15, width: wide, height: 20}),
        s("line", {x1: x(from) + row.goes * 4, x2: x(to) - row.goes * 5, y1: one.y, y2: one.y, "marker-end": `url(#x-tip-${row.kind})`}),
        s("text", {x: (x(from) + x(to)) / 2, y: one.y - 4, "text-anchor": "middle"}, printable(label)));
      marks.push(mark);
      return mark;
    });
    const crossed = row.hops.slice(1).map((one, n) => s("rect", {class: `x-work x-by-${row.kind}`, x: x(row.goes > 0 ? one.gap : one.gap + 1) - 3, width: 6, y: row.hops[n].y - 2, height: 11}));
    const dots = row.dots.map((dot) => {
      const near = row.hops.find((one) => one.gap === dot.column || one.gap + 1 === dot.column) ?? row.hops[0];
      const next = row.hops.find((one) => one !== near && (one.gap === dot.column || one.gap + 1 === dot.column)) ?? near;
      const words = {answered: "answered", swallowed: "swallowed", replaced: "replaced", raised: row.kind === "raise" ? "raised" : ""}[dot.what];
      return s("g", {class: `x-dot x-dot-${dot.what}`}, s("title", {}, printable(dot.said)), s("circle", {cx: x(dot.column), cy: (near.y + next.y) / 2, r: 5}),
        words && s("text", {x: x(dot.column) + 9, y: near.y + 14}, words));
    });
    return [shownAt, crossed, parts, dots];
  }

  /** When the innermost that was called worked: bars on its line. */
  function works(x) {
    const points = flat.map(({one}) => [one.at, one.y]);
    const y = (at) => {
      const next = points.findIndex(([time]) => time >= at);
      if (next <= 0) return next ? points.at(-1)?.[1] ?? 0 : points[0][1];
      const [[a, p], [b, q]] = [points[next - 1], points[next]];
      return p + ((q - p) * (at - a)) / (b - a || 1);
    };
    let seen = deepest;
    while (seen && !between(exchange, seen).length) seen--;
    const inside = between(exchange, seen);
    const found = waits(inside, total, exchange.type === "http");
    const calls = all.find((row) => row.kind === "call")?.hops.at(-1)?.at ?? 0;
    const out = all.flatMap((row) => row.hops).find((one) => (one.kind === "return" || one.kind === "raise") && one.gap === deepest)?.at ?? total;
    const [low, high] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
    const within = ([a, b]) => b >= low && a <= high;
    const bar = (name) => ([a, b]) => s("rect", {class: name, x: x(deepest + 1) - 4, width: 8, y: y(a), height: Math.max(2, y(b) - y(a))});
    const waiting = merged([...found.receive, ...found.send]);
    return [waiting.filter(within).map(bar("x-waits")), rest(calls, out, waiting).filter(within).map(bar("x-works"))];
  }

  function pause({y, wait, from, to, after}, x) {
    const who = busy(exchange.events, from, to, exchange.type === "http");
    // Behind a call that is over, whoever got its end goes on
    const over = after.kind === "raise" || after.kind === "return";
    const column = who === "app" ? (over ? after.hops.at(-1).gap : deepest + 1) : 0;
    const words = `${ms(wait)} ${who === "receive" && exchange.type !== "http" ? "awaits a message" : AWAITED[who]}`;
    const size = words.length * 6 + 18;
    const left = who === "app" ? x(column) - size + 8 : x(column) - 8;
    return s("g", {class: `x-pause x-pause-${who}`}, s("path", {class: "x-break", d: `M${x(column) - 7} ${y - 13}l14 -5m-14 10l14 -5`}),
      s("rect", {x: left, y: y - 8, width: size, height: 17, rx: 8}), s("text", {x: left + size / 2, y: y + 4, "text-anchor": "middle"}, words));
  }

  const hopOf = (target) => Number(target.closest?.("[data-at]")?.dataset.at ?? -1);

  function choose(at, loud) {
    if (at < 0 || at >= flat.length) {
      if (at < 0 && loud === false && state.chosen != null && state.chosen >= 0) return;
      put(side, h("p", {class: "dim"}, "Point at an arrow, or focus the diagram and use ↑ ↓, to see the message."));
      return;
    }
    marks[state.chosen]?.classList.remove("x-chosen");
    list.children[state.chosen]?.setAttribute("aria-selected", "false");
    state.chosen = at;
    marks[at]?.classList.add("x-chosen");
    list.children[at].setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", `x-hop-${at}`);
    put(side, details(exchange, people, flat[at].row, flat[at].one));
  }

  function keys(event) {
    const now = state.chosen ?? -1;
    const to = {ArrowDown: now + 1, ArrowUp: now - 1, ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: flat.length - 1, PageDown: now + 10, PageUp: now - 10}[event.key];
    const one = flat[now]?.one;
    if (event.key === "Enter" && one?.event && !one.gap) location.hash = `#/x/${exchange.id}/event${one.index}`;
    if (to == null) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(flat.length - 1, to)), true);
    marks[state.chosen]?.scrollIntoView({block: "nearest", inline: "nearest"});
  }

  const again = (from) => {
    Object.assign(state, {from, chosen: null});
    element.replaceWith(sequence(exchange, state));
    announce(`Messages from step ${from + 1}`);
  };
  const scale = (label, is) => h("button", {"aria-pressed": String(Boolean(state.true) === is), onclick: () => (state.true = is, again(state.from))}, label);
  const more = all.length - state.from - page.length;
  const tools = h("div", {class: "x-tools"}, h("span", {class: "x-switch", role: "group", "aria-label": "Scale of time"}, scale("Even steps", false), scale("True time", true)),
    legend(exchange), h("span", {class: "grow"}),
    state.from > 0 && h("button", {onclick: () => again(Math.max(0, state.from - (page.length || 1)))}, "Show earlier"),
    more > 0 && h("button", {onclick: () => again(state.from + page.length)}, `Show the next of ${more} more`));
  const element = h("div", {class: "x-seq"}, tools, h("div", {class: "x-split"}, area, side));
  let was = 0;
  new ResizeObserver(() => {
    if (area.clientWidth && area.clientWidth !== was) was = area.clientWidth, draw();
  }).observe(area);
  return element;
}

/** The first of *labels* that fits into *room*, with letters of *each* px; or else what fits of the last. */
const fitting = (labels, room, each) => labels.find((one) => one.length * each <= room) ?? `${labels.at(-1).slice(0, Math.max(4, Math.floor(room / each) - 1))}…`;

function heading(one, column, x, wide, unreached) {
  const own = one.layer?.own_ms;
  const width = Math.min(wide - 10, Math.max(64, one.name.length * 7 + 18));
  return s("g", {class: `x-who x-who-${one.kind}${unreached ? " x-unreached" : ""}${one.why ? " x-why" : ""}`},
    s("title", {}, printable(one.why ? `${one.layer.layer}\nnot visible: ${one.why}` : one.layer?.layer ?? one.name), unreached && "\nnot called"),
    s("rect", {x: x - width / 2, y: 4, width, height: 32, rx: 5}),
    s("text", {x, y: own == null && !one.why && !unreached ? 24 : 18, "text-anchor": "middle"}, fitting([printable(one.name)], wide - 20, 7.2)),
    (own != null || one.why || unreached) && s("text", {class: "x-own", x, y: 31, "text-anchor": "middle"}, unreached ? "not called" : one.why ? "not visible" : ms(own)));
}

function defs() {
  const tip = (kind) => s("marker", {id: `x-tip-${kind}`, class: `x-tip x-${kind}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto"}, s("path", {d: "M0 0L8 4L0 8z"}));
  return s("defs", {}, ["call", "receive", "send", "return", "raise"].map(tip),
    s("pattern", {id: "x-hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"}, s("line", {class: "x-hatch", x1: 0, x2: 0, y1: 0, y2: 6})));
}

function legend(exchange) {
  const one = (kind, label) => h("span", {class: `x-key x-key-${kind}`}, label);
  return h("span", {class: "x-keys", "aria-hidden": "true"}, one("receive", "receive"), one("send", "send"), one("works", "at work"),
    exchange.layers?.length > 0 && one("dot", "changed by the layer"), exchange.error && one("raise", "exception"));
}

const summary = (exchange, people, all) => printable(`Sequence diagram between ${people.map((one) => one.name).join(", ")}: ${all.filter((row) => row.kind === "receive").length} receive and ${all.filter((row) => row.kind === "send").length} send steps; the list before it says each.`);

function details(exchange, people, row, one) {
  const {event} = one;
  const [outer, inner] = [people[one.gap], people[one.gap + 1]].map((who) => printable(who.name));
  const waited = event && (event.returned_ms == null ? "still awaited" : ms(event.returned_ms - event.called_ms));
  const fact = (name, value) => value != null && value !== "" && [h("dt", {}, name), h("dd", {}, value)];
  const index = one.event && (one.gap ? exchange.events.findIndex((other) => other.direction === event.direction && other.message.type === event.type) : one.index);
  const error = row.kind === "raise" && exchange.error;
  return [
    h("h2", {class: `x-side-${row.kind}`}, printable(one.kind === "call" ? "The app is called" : one.kind === "return" ? "The call returned" : one.kind === "raise" ? "Exception" : one.type)),
    h("p", {class: "x-way"}, row.goes > 0 ? [outer, " → ", inner] : [inner, " → ", outer]),
    h("dl", {class: "x-facts"},
      fact("At", ms(one.at)), fact("Awaited", waited), fact("Status", event?.status ?? event?.message?.status), fact("Size", event?.bytes ? bytes(event.bytes) : null),
      fact("Raised", event?.raised && printable(event.raised)), one.kind === "raise" && fact("What", shown(one.type)), one.kind === "call" && fact("Asked", shown(one.labels[0]))),
    row.dots.length > 0 && h("div", {}, h("h3", {}, "On the way"), h("ul", {class: "x-changes"}, row.dots.map((dot) => h("li", {}, shown(dot.said))))),
    event?.message?.headers?.length > 0 && table(event.message.headers),
    error && h("a", {href: `#/x/${exchange.id}/error`}, "Traceback"),
    index != null && index >= 0 && h("a", {href: `#/x/${exchange.id}/event${index}`}, one.gap ? "As the server saw it" : "All its keys"),
  ];
}

// The sequence diagram: every message an arrow, downward in time.

import {h, put, s} from "../dom.js";
import {ms, printable} from "../format.js";
import {choice, headers, shown} from "./facts.js";

const PAGE = 240;
const AXIS = 62;
const LEAST = 96;
const [EVEN, TRUE] = ["Even steps", "True time"];
const TITLES = {call: "The app is called", return: "The call returned", raise: "Exception"};

const middle = (words, x, y) => s("text", {x, y, "text-anchor": "middle"}, words);
const inward = (hop) => hop.row.kind === "call" || hop.row.kind === "receive";
/** The columns that a hop comes from and goes to. */
const way = (hop) => (inward(hop) ? [hop.at, hop.at + 1] : [hop.at + 1, hop.at]);
/** *words* as long as there is room, with letters of 6.4 px: without their beginning, or cut. */
function fitting(words, room) {
  const most = Math.max(4, Math.floor(room / 6.4));
  const found = [words, words.replace(/^(http|websocket|lifespan)\./, ""), words.replace(/^\S*\./, ""), words.replace(/^\S*\.(\S*).*/, "$1")].find((one) => one.length <= most);
  return printable(found ?? `${words.slice(0, most - 1)}…`);
}

/** The view; *state* is kept from one drawing to the next. */
export function sequence(exchange, state) {
  const {sequence: whole, folded, end_ms: total} = exchange.drawn;
  state.fold ??= whole.columns.length * LEAST > innerWidth - 388;
  const {columns, rows, works, waits} = (state.fold && folded) || whole;
  const innermost = columns.findLastIndex((one) => one.called);
  const name = (column) => printable(columns[column].name);
  const from = (state.from ??= 0);
  let [to, count] = [from, rows[from].hops.length];
  while (++to < rows.length && (count += rows[to].hops.length) <= PAGE);
  const page = rows.slice(from, to).map((row) => ({dots: [], ...row}));
  const hops = page.flatMap((row) => (row.hops = row.hops.map((hop) => ({...hop, row}))));
  const head = h("div", {class: "x-heads"});
  const body = h("div");
  const side = h("aside", {class: "x-side", tabindex: "0", "aria-label": "The chosen message"});
  const list = h("ul", {class: "unseen", role: "listbox", tabindex: "0", "aria-label": "Messages, in time", onkeydown: keys}, hops.map((hop, at) => h("li", {role: "option", id: `x-hop-${at}`},
    `${ms(hop.at_ms)}: ${way(hop).map(name).join(" to ")}: ${hop.row.kind === "raise" ? "exception " : ""}${printable(hop.said)}${hop.took_ms == null ? "" : `, awaited ${ms(hop.took_ms)}`}`, hop.row.dots.map((dot) => `; ${printable(dot.said)}`))));
  const area = h("div", {class: "x-seq"}, list, head, body);
  let marks = [];

  /** Place each hop, in even steps or true to time with long waits cut; the height of all. */
  function place() {
    const scale = Math.max(420, page.length * 30) / total;
    let [y, before] = [30, hops[0].at_ms];
    for (const [at, row] of page.entries()) {
      const step = row.pause ? 52 : 30;
      if (at) y += state.scale === TRUE ? Math.min(150, Math.max(step, (row.hops[0].at_ms - before) * scale)) : step;
      for (const hop of row.hops) hop.y = y, y += 7, before = hop.at_ms;
      y -= 7;
    }
    return y + 34;
  }

  function draw() {
    const room = area.clientWidth - AXIS - 16;
    const wide = Math.max(LEAST, Math.min(columns.length < 4 ? 360 : 230, room / (columns.length - 0.2)));
    const x = (column) => AXIS + wide * (column + 0.42);
    const width = x(columns.length - 1) + wide * 0.5;
    const height = place();
    marks = [];
    put(head, s("svg", {width, height: 40, "aria-hidden": "true"}, columns.map((one, column) => heading(one, x(column), wide))));
    put(body, s("svg", {width, height, role: "img", "aria-label": `Sequence diagram of ${rows.length} steps; the list before it says each`},
      columns.map((one, column) => [s("line", {class: `x-life ${one.called ? "" : "x-unreached"}`, x1: x(column), x2: x(column), y1: 0, y2: height}),
        one.why && s("rect", {class: "x-band", x: x(column) - 7, width: 14, height})]),
      bars(x), page.map((row) => arrows(row, x, wide))));
    choose(state.chosen ?? 0);
  }

  function arrows({kind, hops, dots, pause}, x, wide) {
    const [first, ...more] = hops;
    const parts = hops.map((hop) => {
      const [a, b] = way(hop).map(x);
      const goes = Math.sign(b - a);
      const at = marks.length;
      const mark = s("g", {class: `x-hop x-by-${kind}${hop.event != null && hop.took_ms == null ? " x-pending" : ""}`, onclick: () => choose(at)}, s("rect", {class: "x-hit", x: Math.min(a, b), y: hop.y - 15, width: wide, height: 20}),
        s("line", {x1: a + goes * 4, x2: b - goes * 9, y1: hop.y, y2: hop.y}), s("path", {d: `M${b - goes * 4} ${hop.y}l${-goes * 8} -4v8z`}), middle(fitting(hop.said, wide - 22), (a + b) / 2, hop.y - 4));
      marks.push(mark);
      return mark;
    });
    return [s("text", {class: "x-at", x: AXIS - 8, y: first.y + 4, "text-anchor": "end"}, first.at_ms ? ms(first.at_ms) : "0"),
      more.map((hop) => s("rect", {class: `x-by-${kind}`, x: x(way(hop)[0]) - 3, width: 6, y: hop.y - 9, height: 11})), parts,
      dots.map(({column, what, said}) => {
        const [near, next = near] = hops.filter((hop) => way(hop).includes(column));
        return s("g", {class: `x-dot x-dot-${what}`}, s("title", {}, printable(said)), s("circle", {cx: x(column), cy: (near.y + next.y) / 2, r: 5}), !/changed|kept/.test(what) && s("text", {x: x(column) + 9, y: near.y + 14}, what));
      }), pause && s("text", {class: `x-pause x-bar-${pause.by}`, x: x(pause.column) + (pause.column ? -8 : 8), y: first.y - 32, "text-anchor": pause.column ? "end" : "start"}, pause.said)];
  }

  /** When the innermost that was called worked and waited: bars on its line. */
  function bars(x) {
    const y = (moment) => {
      const next = hops.findIndex((hop) => hop.at_ms >= moment);
      if (next <= 0) return hops.at(next).y;
      const [a, b] = [hops[next - 1], hops[next]];
      return a.y + ((b.y - a.y) * (moment - a.at_ms)) / (b.at_ms - a.at_ms);
    };
    const seen = ([a, b]) => b >= hops[0].at_ms && a <= hops.at(-1).at_ms;
    return Object.entries({waits, works}).map(([kind, spans]) => spans.filter(seen).map(([a, b]) => s("rect", {class: `x-${kind}`, x: x(innermost) - 4, width: 8, y: y(a), height: Math.max(2, y(b) - y(a))})));
  }

  function choose(at) {
    marks[state.chosen]?.classList.remove("x-chosen");
    list.children[state.chosen]?.setAttribute("aria-selected", "false");
    state.chosen = at = Math.max(0, Math.min(hops.length - 1, at));
    marks[at].classList.add("x-chosen");
    list.children[at].setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", `x-hop-${at}`);
    put(side, details(hops[at]));
  }

  function details(hop) {
    const {row, at, at_ms: moment, said, took_ms: took, raised, event} = hop;
    const fact = (name, value) => value && [h("dt", {}, name), h("dd", {}, value)];
    const message = !at && exchange.events[event]?.message;
    return [h("h2", {class: `x-${row.kind}`}, TITLES[row.kind] ?? printable(said.split(" ")[0])), h("p", {class: "dim"}, way(hop).map(name).join(" → ")),
      h("dl", {class: "x-facts"}, fact("At", ms(moment)), fact("Awaited", event != null && (took == null ? "still" : ms(took))), fact("What", shown(said)), fact("Raised", raised && shown(raised))),
      row.dots.length > 0 && [h("h3", {}, "On the way"), h("ul", {}, row.dots.map((dot) => h("li", {}, shown(dot.said))))],
      message?.headers?.length > 0 && headers(exchange, message.headers),
      row.kind === "raise" && exchange.error && h("a", {href: `#/x/${exchange.id}/error`}, "Traceback"),
      event != null && h("a", {href: `#/x/${exchange.id}/event${event}`}, at ? "As the server saw it" : "All its keys")];
  }

  function keys(event) {
    const now = state.chosen;
    const to = {ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: hops.length, PageDown: now + 10, PageUp: now - 10}[event.key];
    if (event.key === "Enter" && hops[now].event != null) location.hash = `#/x/${exchange.id}/event${hops[now].event}`;
    if (to == null) return;
    event.preventDefault();
    choose(to);
    marks[state.chosen].scrollIntoView({block: "nearest", inline: "nearest"});
  }

  const again = (from) => {
    Object.assign(state, {from, chosen: 0});
    element.replaceWith(sequence(exchange, state));
  };
  const rest = rows.length - from - page.length;
  const element = h("div", {}, h("div", {class: "x-tools"}, choice("Scale of time", [EVEN, TRUE], (one) => one === (state.scale ?? EVEN), (one) => (state.scale = one, again(from))), h("span", {class: "x-keys grow", "aria-hidden": "true"},
    ["receive", "send", columns.length > 2 && "changed", exchange.error && "raise"].filter(Boolean).map((kind) => h("span", {}, h("i", {class: `x-by-${kind}`}), kind))),
  folded && h("button", {"aria-pressed": String(!state.fold), onclick: () => (state.fold = !state.fold, again(0))}, `All ${whole.columns.length - 2} layers`),
  from > 0 && h("button", {onclick: () => again(Math.max(0, from - page.length))}, "Show earlier"), rest > 0 && h("button", {onclick: () => again(from + page.length)}, `Show the next of ${rest} more`)), h("div", {class: "x-split"}, area, side));
  new ResizeObserver(() => area.clientWidth && draw()).observe(area);
  return element;
}

function heading({name, called, layer, why, own_ms: own}, x, wide) {
  const below = !called ? "not called" : why ? "not visible" : own == null ? "" : ms(own);
  const width = Math.min(wide - 10, Math.max(64, name.length * 7 + 18));
  return s("g", {class: `x-who ${called && !why ? "" : "x-dashed"}`}, s("title", {}, [layer ?? name, why && `not visible: ${why}`].filter(Boolean).map((one) => printable(one)).join("\n")),
    s("rect", {x: x - width / 2, y: 4, width, height: 32, rx: 5}), middle(fitting(name, wide - 30), x, below ? 18 : 24), below && s("text", {class: "x-own", x, y: 31, "text-anchor": "middle"}, below));
}

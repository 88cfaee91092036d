// The exception: traceback with the user's own frames in front, those of libraries folded.

import {h} from "../dom.js";
import {ms, printable} from "../format.js";
import {shown} from "./facts.js";

const FRAME = /^([\s|]*)File "(.*)", line (\d+)(?:, in (.*))?$/;
const LIBRARY = /(site-packages|dist-packages|[\\/]lib(64)?[\\/]python\d|[\\/]asgi_mw[\\/]|^<)/;
const bare = (line) => line.replace(/^[\s|]*/, "");

/** Lines of a traceback as items: {frame: {file, line, name, library, source}} or {text}, with their depth in groups. */
export function frames(traceback) {
  const items = [];
  for (const line of traceback.split("\n")) {
    const depth = (/^[\s|+]*/.exec(line)[0].match(/\|/g) ?? []).length;
    const found = FRAME.exec(line);
    const last = items.at(-1);
    if (found) items.push({depth, frame: {file: found[2], line: found[3], name: found[4] ?? "", library: LIBRARY.test(found[2]), source: []}});
    else if (last?.frame && /^[\s|]*\s{4,}\S/.test(line) && depth === last.depth) last.frame.source.push(line.replace(/^[\s|]*\| {0,5}| {4}/, ""));
    else if (line.trim()) items.push({depth, text: line});
  }
  return items;
}

function one({file, line, name, library, source}) {
  return h("div", {class: library ? "x-frame" : "x-frame x-own"}, h("p", {class: "x-frame-at"}, shown(file), ":", line, name && [" in ", h("strong", {}, shown(name))]), source.length > 0 && h("pre", {}, shown(source.join("\n"))));
}

const owner = (file) => /(?:site|dist)-packages[\\/]([^\\/]+)/.exec(file)?.[1]?.replace(/\.py$/, "") ?? (/[\\/]asgi_mw[\\/]|^<asgi_mw/.test(file) ? "asgi_mw" : "Python");

function lines(items) {
  const found = [];
  for (let at = 0; at < items.length; at++) {
    const {frame, text, depth} = items[at];
    let to = at;
    while (items[to]?.frame?.library) to++;
    let part;
    if (to > at) {
      const few = items.slice(at, to).map((item) => item.frame);
      part = h("details", {class: "x-library"}, h("summary", {}, `${few.length} ${few.length > 1 ? "frames" : "frame"} of ${printable([...new Set(few.map((item) => owner(item.file)))].join(", "))}`), few.map(one));
      at = to - 1;
    } else part = frame ? one(frame) : h("p", {class: /^[+|\s-]*\d+ -|^\S|Traceback|Group/.test(bare(text)) ? "x-trace-text" : "x-trace-text dim"}, shown(bare(text).replace(/^[+-]+ ?|-{4,}$/g, "").trim() || "⋯"));
    part.style.setProperty("--depth", depth);
    found.push(part);
  }
  return found;
}

/** The view of the exception. */
export function error(exchange) {
  const {type, message, traceback, at_ms: at, swallowed} = exchange.error;
  return h("div", {class: "x-pad x-error"}, h("h2", {class: "x-bad"}, shown(type)), h("p", {class: "x-message"}, shown(message)),
    h("p", {class: "dim"}, `${ms(at)} after the start. `, swallowed ? h("strong", {}, "Swallowed: the app caught it and answered for it.") : "It left the app.",
      (exchange.layers ?? []).filter((layer) => layer.error).map((layer) => ` The layer ${printable(layer.name)} ${layer.error.what} it.`)),
    traceback ? [h("div", {class: "x-trace"}, lines(frames(traceback))), h("details", {}, h("summary", {}, "As plain text"), h("pre", {class: "x-scroll"}, shown(traceback)))] : h("p", {class: "dim"}, "No traceback was kept."));
}

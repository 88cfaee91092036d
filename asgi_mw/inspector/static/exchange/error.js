// The exception: the user's own frames in front, those of libraries folded.

import {h} from "../dom.js";
import {ms, printable} from "../format.js";
import {plural} from "../more/parts.js";
import {shown} from "./facts.js";

const frame = (own) => ({file, line, name, source}) => h("div", {class: own ? "x-frame x-own" : "x-frame"},
  h("div", {}, shown(file), ":", line, name && [" in ", h("strong", {}, shown(name))]), source && h("pre", {}, shown(source)));

/** Frames of the app, of libraries, or a line of text; as deep as the group of exceptions it is in. */
function run({depth, text, frames, of}) {
  const found = frames ? h(of.length ? "details" : "div", {}, of.length > 0 && h("summary", {class: "dim"}, `${plural(frames.length, "frame")} of ${printable(of.join(", "))}`), frames.map(frame(!of.length))) : h("p", {}, shown(text) ?? "⋯");
  found.style.setProperty("--depth", depth);
  return found;
}

/** The view of the exception. */
export function error(exchange) {
  const {type, message, traceback, at_ms: at, swallowed} = exchange.error;
  return h("div", {class: "x-pad mono"}, h("h2", {class: "x-bad"}, shown(type)), h("pre", {}, shown(message)),
    h("p", {class: "dim"}, `${ms(at)} after the start. `, swallowed ? h("strong", {}, "Swallowed: the app caught it and answered for it.") : "It left the app.",
      exchange.layers.filter((layer) => layer.error).map((layer) => ` The layer ${printable(layer.name)} ${layer.error.what} it.`)),
    h("div", {class: "x-trace"}, exchange.drawn.traceback.map(run)),
    traceback ? h("details", {}, h("summary", {}, "As plain text"), h("pre", {}, shown(traceback))) : h("p", {class: "dim"}, "No traceback was kept."));
}

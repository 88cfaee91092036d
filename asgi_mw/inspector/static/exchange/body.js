// The bodies of request and response: text, JSON tree, form, picture, hex.

import {h, put} from "../dom.js";
import {bytes, printable} from "../format.js";
import {url} from "../api.js";
import {body as kept, fullBody, headers, octets, utf8} from "../more/parts.js";
import {choice, header, missing, payload, shown, table} from "./facts.js";
import {rows} from "./rows.js";
import {tree} from "./tree.js";

const ASK = 1e6;
const LINE = 400;
const PICTURE = /^image\/(png|jpeg|gif|webp|avif)\b/i;

/** Numbered lines, of which only those exist that are seen; `line(n)` are the number and the rest. */
const lines = (name, count, line) => rows({count, height: 18, name, class: "x-rows x-lines", draw: (n) => {
  const [number, ...rest] = line(n);
  return h("div", {}, h("span", {class: "x-number"}, number), rest);
}});

/** A long line goes on in the next rows. */
function text(whole) {
  const all = [];
  for (const [at, line] of whole.split("\n").entries()) for (let from = 0; from === 0 || from < line.length; from += LINE) all.push([from ? "" : at + 1, line.slice(from, from + LINE).replace(/\r$/, "")]);
  return lines("Text", all.length, (n) => [all[n][0], shown(all[n][1])]);
}

/** Octets, sixteen a row. */
const hex = (data) => lines("Hex", Math.ceil(data.length / 16), (n) => {
  const part = [...data.subarray(n * 16, n * 16 + 16)];
  return [(n * 16).toString(16).padStart(6, "0"), h("span", {class: "x-hexes"}, part.map((one) => one.toString(16).padStart(2, "0")).join(" ").padEnd(50)),
    h("span", {class: "dim"}, part.map((one) => (one > 31 && one < 127 ? String.fromCharCode(one) : "·")).join(""))];
});

const loading = (make) => {
  const place = h("div", {class: "x-pad"}, "Loading…");
  make().then((...made) => put(place, made), (error) => put(place, h("p", {class: "x-bad"}, printable(error.message))));
  return place;
};

/** The fields of a form, as the browser itself reads it; one that was cut is closed. */
const form = (data, type) => loading(async () => {
  const boundary = /boundary="?([^";]+)/i.exec(type)?.[1];
  const found = await new Response(new Blob([data, ...(boundary ? [`\r\n--${boundary}--\r\n`] : [])]), {headers: {"content-type": type}}).formData();
  return table(null, null, await Promise.all(Array.from(found, async ([name, one]) => (typeof one === "string" ? [shown(name), "", shown(one)]
    : [shown(name), shown([one.name, one.type, bytes(one.size)].filter(Boolean).join(", ")), shown((utf8(new Uint8Array(await one.arrayBuffer())) ?? "binary").slice(0, 2000))]))), "mono");
});

const picture = (data, type) => loading(async () => {
  const image = h("img", {class: "x-picture", alt: "The body as a picture"});
  const from = image.src = URL.createObjectURL(new Blob([data], {type: PICTURE.exec(type)[0]}));
  await image.decode().finally(() => URL.revokeObjectURL(from));
  return h("div", {}, image, h("p", {class: "dim"}, `${image.naturalWidth} × ${image.naturalHeight}`));
});

/** The ways to see *data*, by name. */
function ways(data, type, coding) {
  if (coding) return {Hex: () => hex(data)};
  const found = {};
  const said = utf8(data);
  if (PICTURE.test(type)) found.Picture = () => picture(data, type);
  if (said != null && (/json/i.test(type) || /^\s*[[{]/.test(said))) {
    try {
      const json = JSON.parse(said);
      found.Tree = () => h("div", {class: "x-pad mono"}, tree(json));
      found.Formatted = () => text(JSON.stringify(json, null, 2));
    } catch { /* shown as text */ }
  }
  if (/x-www-form-urlencoded|^multipart\/form-data/i.test(type)) found.Form = () => form(data, type);
  if (said != null) found.Text = () => text(said);
  return {...found, Hex: () => hex(data)};
}

/** *data* with a choice of the ways to see it, kept in *state*. */
export function viewer(data, type, coding, state) {
  const found = ways(data, type, coding);
  const place = h("div", {class: "x-fill"});
  const buttons = h("span");
  const show = (way) => {
    const now = found[way] ? way : Object.keys(found)[0];
    put(buttons, choice("Show as", Object.keys(found), (one) => one === now, (one) => show(state.way = one)));
    put(place, found[now]());
  };
  show(state.way);
  return [buttons, place];
}

/** The view of the body that went in *direction*. */
export function body(exchange, state, direction) {
  const pairs = headers(exchange, direction);
  const type = header(pairs, "content-type");
  const found = kept(exchange, direction);
  const events = exchange.events.filter((one) => one.direction === direction && one.message.body != null);
  const held = events.reduce((sum, one) => sum + (one.payload?.bytes ?? octets(payload(one.message)).length), 0);
  const decoded = events.some((one) => one.message.decoded);
  const coding = decoded ? "" : printable(header(pairs, "content-encoding").replace(/^identity$/i, ""));
  const element = h("div", {});
  const draw = (place, switches) => put(element, h("div", {class: "x-tools"}, switches, h("span", {class: "dim grow"}, [printable(type) || "no content-type", bytes(found.size), coding && `${coding}-encoded`, decoded && "kept decoded"].filter(Boolean).join(", ")),
    held > 0 && h("a", {href: url(`exchanges/${exchange.id}/body/${direction}`), download: true}, "Download")),
  found.cut && h("p", {class: "x-warn x-tools"}, `Cut by the recorder: ${bytes(held)} of ${bytes(found.size)} were kept (${missing(exchange)}).`),
  coding && h("p", {class: "dim x-tools"}, `The recorder kept this as it was sent: ${coding}-encoded, ${bytes(held)}.`), place);
  const show = (data) => {
    const [buttons, place] = data.length ? viewer(data, type, coding, state) : [null, h("p", {class: "empty"}, found.size ? "Nothing of it was kept." : exchange.outcome ? "There is no body." : "No body yet.")];
    draw(place, buttons);
  };
  const get = () => {
    draw(h("p", {class: "empty"}, "Loading…"));
    fullBody(exchange, direction).then(({data}) => show(state.data = data), (error) => draw(h("p", {class: "empty x-bad", role: "alert"}, `${printable(error.message)} `, h("button", {onclick: get}, "Try again"))));
  };
  if (state.data) show(state.data);
  else if (held > ASK) draw(h("p", {class: "empty"}, "This body is large. ", h("button", {onclick: get}, `Show ${bytes(held)}`)));
  else if (found.partial) get();
  else show(found.data);
  return element;
}

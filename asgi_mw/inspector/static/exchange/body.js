// The bodies of request and response: text, JSON tree, form, picture, hex.

import {h, put} from "../dom.js";
import {bytes, printable} from "../format.js";
import {url} from "../api.js";
import {body as kept, headers, octets, utf8} from "../more/parts.js";
import {header, missing, payload, shown} from "./facts.js";
import {rows} from "./rows.js";
import {tree} from "./tree.js";

const ASK = 1e6;
const LINE = 400;
const PICTURE = /^image\/(png|jpeg|gif|webp|avif)\b/i;

const isBody = (event) => /^(websocket\.)?http\.(request|response\.body)$/.test(event.message.type ?? "");

/** Text by lines, of which only those exist that are seen; a long line goes on in the next rows. */
export function lines(text, name = "Text") {
  const all = [];
  for (const [at, line] of text.split("\n").entries()) for (let from = 0; from === 0 || from < line.length; from += LINE) all.push([from ? "" : at + 1, line.slice(from, from + LINE)]);
  return rows({count: all.length, height: 18, name, class: "x-rows x-lines", draw: (n) => h("div", {class: "x-line"}, h("span", {class: "x-lineno"}, all[n][0]), h("span", {}, shown(all[n][1].replace(/\r$/, ""))))});
}

const two = (byte) => byte.toString(16).padStart(2, "0");

/** Octets, sixteen a row. */
export function hex(data, name = "Hex") {
  return rows({count: Math.ceil(data.length / 16), height: 18, name, class: "x-rows x-lines", draw: (n) => {
    const part = [...data.subarray(n * 16, n * 16 + 16)];
    return h("div", {class: "x-line"}, h("span", {class: "x-lineno"}, (n * 16).toString(16).padStart(6, "0")), h("span", {class: "x-hexes"}, part.map(two).join(" ").padEnd(47)),
      h("span", {class: "x-ascii"}, part.map((one) => (one > 31 && one < 127 ? String.fromCharCode(one) : "·")).join("")));
  }});
}

const fields = (pairs) => h("div", {class: "x-scroll"}, h("table", {class: "x-table"}, h("tbody", {}, pairs.map(([name, ...values]) => h("tr", {}, h("th", {scope: "row"}, shown(name)), values.map((one) => h("td", {}, shown(one))))))));

/** Parts of a multipart body, as [name, about, value]. */
function parts(data, type) {
  const boundary = /boundary="?([^";]+)/i.exec(type)?.[1];
  if (!boundary) return null;
  const latin = Array.from(data, (one) => String.fromCharCode(one)).join("");
  return latin.split(`--${boundary}`).slice(1).filter((one) => !one.startsWith("--")).map((one) => {
    const [head, ...rest] = one.replace(/^\r\n|\r\n$/g, "").split("\r\n\r\n");
    const content = rest.join("\r\n\r\n");
    const read = (binary) => utf8(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
    const text = read(content);
    return [read(/name="([^"]*)"/i.exec(head)?.[1] ?? "") ?? "", [/filename="([^"]*)"/i.exec(head)?.[1], /content-type:\s*(.*)/i.exec(head)?.[1], bytes(content.length)].filter(Boolean).join(", "), text == null || text.includes("\0") ? "binary" : text.length > 2000 ? `${text.slice(0, 2000)}…` : text];
  });
}

/** The ways to see *data*: [name, draw]. */
function ways(data, type, coding) {
  const text = coding ? null : utf8(data);
  const found = [];
  if (PICTURE.test(type) && !coding) found.push(["Picture", () => picture(data, type)]);
  if (text != null) {
    let json;
    if (/json/i.test(type) || /^\s*[[{]/.test(text)) try { json = JSON.parse(text); } catch { /* shown as text */ }
    if (json !== undefined) found.push(["Tree", () => h("div", {class: "x-scroll mono"}, tree(json))], ["Formatted", () => lines(JSON.stringify(json, null, 2))]);
    if (/x-www-form-urlencoded/i.test(type)) found.push(["Form", () => fields([...new URLSearchParams(text)])]);
  }
  const form = /^multipart\//i.test(type) && !coding && parts(data, type);
  if (form) found.push(["Form", () => fields(form)]);
  if (text != null) found.push(["Text", () => lines(text)]);
  return [...found, ["Hex", () => hex(data)]];
}

function picture(data, type) {
  const from = URL.createObjectURL(new Blob([data], {type: PICTURE.exec(type)[0]}));
  const free = () => URL.revokeObjectURL(from);
  const image = h("img", {class: "x-picture", alt: "The body as a picture", onload: () => (free(), put(size, `${image.naturalWidth} × ${image.naturalHeight}`)), onerror: () => (free(), put(size, "This is no picture that the browser can show."))});
  const size = h("p", {class: "dim"});
  image.src = from;
  return h("div", {class: "x-scroll x-pad"}, image, size);
}

/** *data* with a choice of the ways to see it; the choice is kept in *state*. */
export function viewer(data, type, coding, state) {
  const choices = ways(data, type, coding);
  const place = h("div", {class: "x-body-in"});
  const buttons = choices.map(([name]) => h("button", {onclick: () => (state.way = name, show())}, name));
  const show = () => {
    const at = Math.max(0, choices.findIndex(([name]) => name === state.way));
    buttons.forEach((one, n) => one.setAttribute("aria-pressed", String(n === at)));
    put(place, choices[at][1]());
  };
  show();
  return [h("span", {class: "x-switch", role: "group", "aria-label": "Show as"}, buttons), place];
}

/** The view of the body that went in *direction*. */
export function body(exchange, state, direction) {
  const pairs = headers(exchange, direction);
  const type = header(pairs, "content-type");
  const found = kept(exchange, direction);
  const events = exchange.events.filter((one) => one.direction === direction && isBody(one));
  const held = events.reduce((sum, one) => sum + (one.payload?.bytes ?? octets(payload(one.message)).length), 0);
  const decoded = events.some((one) => one.message.decoded);
  const coding = decoded ? "" : header(pairs, "content-encoding").replace(/^identity$/i, "");
  const path = `exchanges/${exchange.id}/body/${direction}`;
  const element = h("div", {class: "x-body"});
  const said = [printable(type) || "no content-type", bytes(found.size), coding && `${printable(coding)}-encoded`, decoded && "kept decoded"].filter(Boolean).join(", ");
  const notes = [
    found.cut && h("p", {class: "x-warn"}, `Cut by the recorder: ${bytes(held)} of ${bytes(found.size)} were kept${missing(exchange) ? ` (${printable(missing(exchange))})` : ""}.`),
    coding && h("p", {class: "dim"}, `The recorder kept this as it was sent: ${printable(coding)}-encoded, ${bytes(found.data.length)}.`),
  ];
  const download = held > 0 && h("a", {class: "x-download", href: url(path), download: true}, "Download");
  const tools = (choice) => h("div", {class: "x-tools"}, choice, h("span", {class: "dim"}, said), h("span", {class: "grow"}), download);
  const show = (data) => {
    const [choice, place] = data.length ? viewer(data, type, coding, state) : [null, h("p", {class: "empty"}, found.size ? "Nothing of it was kept." : exchange.outcome ? "There is no body." : "No body yet.")];
    put(element, tools(choice), notes, place);
  };
  const get = async () => {
    put(element, tools(), notes, h("p", {class: "empty"}, "Loading…"));
    try {
      const answer = await fetch(url(path), {credentials: "same-origin"});
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      show(state.data = new Uint8Array(await answer.arrayBuffer()));
    } catch (error) {
      put(element, tools(), notes, h("p", {class: "empty x-bad", role: "alert"}, `The body cannot be read: ${printable(error.message)} `, h("button", {onclick: get}, "Try again")));
    }
  };
  if (state.data) show(state.data);
  else if (held > ASK) put(element, tools(), notes, h("p", {class: "empty"}, `This body is large. `, h("button", {onclick: found.partial ? get : () => show(state.data = found.data)}, `Show ${bytes(held)}`)));
  else if (found.partial) get();
  else show(found.data);
  return element;
}

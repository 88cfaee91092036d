// Copy an exchange: as a command of curl, as Python, as text for a bug report, as a Mermaid diagram.

import {announce, h} from "../dom.js";
import {bytes, ms, printable, text as read} from "../format.js";
import {body, fullBody, headers, octets, utf8} from "./parts.js";

const PLAIN = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
const latin = (data) => Array.from(data, char).join("");
const raw = (binary) => Uint8Array.from(binary, (one) => one.charCodeAt(0));
const hex = (number, digits = 2) => number.toString(16).padStart(digits, "0");

const char = (one) => String.fromCharCode(one);
const slashed = (data, special) => Array.from(data, (one) => (one < 32 || one > 126 ? `\\x${hex(one)}` : (special.includes(char(one)) ? "\\" : "") + char(one))).join("");
const ascii = (value) => JSON.stringify(value).replace(/[^\x20-\x7e]/g, (one) => `\\u${hex(one.charCodeAt(0), 4)}`);

/** Octets as one word of bash and zsh. */
function shell(data) {
  const found = utf8(data);
  if (found != null && PLAIN.test(found)) return `'${found.replaceAll("'", "'\\''")}'`;
  return `$'${slashed(data, "'\\").replaceAll("!", "\\x21")}'`;
}

/** Octets as a literal of Python. */
const python = (data) => `b"${slashed(data, '"\\')}"`;

/** What can be sent again, with a named placeholder for each value that the recording masked. */
function request(exchange, kept) {
  const {scope} = exchange;
  const holes = new Set();
  const notes = [];
  const named = (binary, name) => binary.replace(/(?:([\w.-]+)(=|%3D|["']?\s*[:=]\s*["']))?\[redacted\]/gi, (_, key, between = "") => {
    const hole = `<${(key ?? name).replace(/[^\w.-]/g, "")}>`;
    holes.add(hole);
    return (key ?? "") + between + hole;
  });
  const escaped = (value, out) => latin(octets(value)).replace(out, (one) => `%${hex(one.charCodeAt(0)).toUpperCase()}`);
  const pairs = [];
  for (const [name, value] of scope.headers ?? []) {
    const [key, said] = [latin(octets(name)), latin(octets(value))];
    const low = key.toLowerCase();
    if (["host", "content-length", "transfer-encoding", "expect"].includes(low)) continue;
    // A line break would begin another header, or another request; other controls no server takes
    if (!TOKEN.test(key) || /[^\t\x20-\x7e\x80-\xff]/.test(said)) notes.push(`left out, as no request can carry it: ${ascii(`${read(name)}: ${read(value)}`)}`);
    else pairs.push([raw(key), raw(named(said.replace(/^[ \t]+|[ \t]+$/g, ""), low))]);
  }
  const host = read((scope.headers ?? []).find(([name]) => read(name).toLowerCase() === "host")?.[1]);
  const [server, port] = scope.server ?? ["localhost", null];
  const authority = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host) ? host : `${/:/.test(server) ? `[${server}]` : String(server).replace(/[^\w.-]/g, "") || "localhost"}${port ? `:${Number(port)}` : ""}`;
  const path = named(scope.raw_path ? escaped(scope.raw_path, /[^!$-;=@-~]/g) : escaped(scope.path ?? "/", /[^!$&-;=@\w~[\]|]/g), "path");
  const query = named(escaped(scope.query_string, /[^\x21\x24-\x3b\x3d\x3f-\x7e]/g), "query");
  let data = kept.data.length ? raw(named(latin(kept.data), "body")) : null;
  let method = scope.method ?? "GET";
  if (!TOKEN.test(method)) [method] = ["GET", notes.push(`GET stands for a method that no request can carry: ${ascii(method)}`)];
  if (data && method === "HEAD") [data] = [null, notes.push("the body of this HEAD is left out")];
  if (kept.cut || kept.partial) notes.push(`the body is cut: ${kept.data.length} of ${kept.size} bytes were kept`);
  if (exchange.type === "websocket") notes.push("a WebSocket: this makes only the handshake");
  if (holes.size) notes.push(`masked in the recording, to be filled in: ${[...holes].join(" ")}`);
  const https = scope.scheme === "https" || scope.scheme === "wss";
  return {method, pairs, data, notes, holes, origin: `${https ? "https" : "http"}://${authority}`, target: path + (query && `?${query}`), version: String(scope.http_version ?? "1.1"), https};
}

/** A command for bash or zsh that sends the request again. */
export function curl(exchange, kept = body(exchange, "receive")) {
  const {method, pairs, data, notes, origin, target, version, https} = request(exchange, kept);
  const has = new Set(pairs.map(([name]) => latin(name).toLowerCase()));
  const rooted = target.startsWith("/");
  const options = [shell(octets(origin + (rooted ? target : "/"))), "--globoff", "--path-as-is"];
  if (!rooted) options.push(`--request-target ${shell(octets(target))}`);
  if (version === "2") options.push(https ? "--http2" : "--http2-prior-knowledge");
  if (version === "1.0") options.push("--http1.0");
  if (method === "HEAD") options.push("--head");
  else if (method !== "GET" || data) options.push(`--request ${shell(octets(method))}`);
  for (const [name, value] of pairs) options.push(`--header ${shell(raw(latin(name) + (value.length ? `: ${latin(value)}` : ";")))}`);
  // What curl would add by itself
  for (const name of ["accept", "user-agent", ...(data ? ["content-type", "expect"] : [])]) if (!has.has(name)) options.push(`--header '${name}:'`);
  if (has.has("accept-encoding")) options.push("--compressed");
  // No word of a shell holds a NUL, and no system takes long ones
  const piped = data && (data.includes(0) || data.length > 60000);
  if (data) options.push(piped ? "--data-binary @-" : `--data-raw ${shell(data)}`);
  const pipe = piped ? `printf '${Array.from(data, (one) => (one < 32 || one > 126 || [37, 39, 92].includes(one) ? `\\${one.toString(8).padStart(3, "0")}` : char(one))).join("")}' | ` : "";
  return `${notes.map((one) => `# ${one}\n`).join("")}${pipe}curl ${options.join(" \\\n  ")}\n`;
}

/** Python that sends the request again with httpx. */
export function httpx(exchange, kept = body(exchange, "receive")) {
  const {method, pairs, data, notes, origin, target} = request(exchange, kept);
  // httpx writes other paths in its own way
  const exact = /^\/[\w\-~/%?=&+,]*$/.test(target) && !target.includes("//") ? [] : [`    extensions={"target": ${python(octets(target))}},`];
  return [
    "import httpx", "", ...notes.map((one) => `# ${one}`), "request = httpx.Request(", `    ${ascii(method)},`,
    `    ${ascii(origin + (exact.length ? "/" : target))},`, "    headers=[", ...pairs.map(([name, value]) => `        (${python(name)}, ${python(value)}),`), "    ],",
    ...(data ? [`    content=${python(data)},`] : []), ...exact, ")", "with httpx.Client(timeout=30) as client:",
    "    response = client.send(request)", "print(response.status_code, response.headers)", "print(response.text)", "",
  ].join("\n");
}

/** Request and response for a bug report. */
export function text(exchange, asked = body(exchange, "receive"), answered = body(exchange, "send")) {
  const {scope} = exchange;
  const query = read(scope.query_string);
  const part = (pairs, kept) => {
    const found = kept.data.length > 65536 ? null : utf8(kept.data);
    const cut = kept.cut || kept.partial ? `\n(cut: ${kept.data.length} of ${kept.size} bytes were kept)` : "";
    return [...pairs.map(([name, value]) => `${read(name)}: ${read(value)}`.replaceAll("\n", "\\n")), "",
      !kept.data.length ? (kept.size ? `(${bytes(kept.size)}, not kept)` : "(no body)") : found == null ? `(${bytes(kept.data.length)}, ${kept.data.length > 65536 ? "too long to copy" : "no text"})` : found + cut];
  };
  const frames = exchange.type === "websocket" ? exchange.events.map((one) => `${one.direction === "receive" ? ">" : "<"} ${ms(one.called_ms)} ${one.message.type ?? "(awaited)"} ${one.message.text ?? (one.bytes ? `(${bytes(one.bytes)})` : "")}`) : [];
  const {error} = exchange;
  return printable([
    `${exchange.method ?? exchange.type} ${exchange.path ?? ""}: ${exchange.status ?? "no status"}, ${exchange.outcome ?? "in flight"}, ${ms(exchange.duration_ms) || "not ended"}`,
    `${exchange.began}, exchange ${exchange.id}${exchange.request_id ? `, request ${exchange.request_id}` : ""}`, "",
    "--- request", `${exchange.method ?? ""} ${exchange.path ?? ""}${query && `?${query}`} HTTP/${scope.http_version ?? "?"}`.replaceAll("\n", "\\n"), ...part(headers(exchange, "receive"), asked), "",
    "--- response", `${exchange.status ?? "none"}`, ...part(headers(exchange, "send"), answered), ...(frames.length ? ["", "--- messages", ...frames] : []),
    ...(exchange.layers?.length ? ["", "--- layers, outermost first", ...exchange.layers.map((one) => `${one.layer ?? one.name}${one.visible === false ? " (not visible)" : `, ${ms(one.own_ms)}`}${one.answered ? ", answered in the app's place" : ""}`)] : []),
    ...(error ? ["", `--- ${error.swallowed ? "swallowed " : ""}error`, (error.traceback || `${error.type}: ${error.message}`).trimEnd()] : []),
  ].join("\n")) + "\n";
}

/** A sequence diagram of server, layers and app. */
export function mermaid(exchange, most = 200) {
  const layers = (exchange.layers ?? []).filter((one) => one.visible !== false);
  const safe = (value) => Array.from(String(value).slice(0, 80), (one) => (/[\p{L}\p{N} ._/?=&*()+,-]/u.test(one) ? one : `#${one.codePointAt(0)};`)).join("").replace(/\bend\b/gi, (one) => `#${one.charCodeAt(0)};nd`);
  const names = ["server", ...layers.map((one) => one.name), "app"];
  const arrows = [exchange.events, ...layers.map((one) => one.events ?? [])].flatMap((list, at) => list.filter((one) => one.message?.type ?? one.type).map((one) => {
    const into = one.direction === "receive";
    const {message = {}} = one;
    const words = [message.type ?? one.type, message.status ?? one.status, one.bytes ? bytes(one.bytes) : null, one.raised && `raised ${one.raised}`];
    return {when: (into ? one.returned_ms : one.called_ms) ?? 0, order: into ? at : -at, line: `${into ? `P${at}->>P${at + 1}` : `P${at + 1}-->>P${at}`}: ${safe(words.filter((word) => word != null).join(" "))}`};
  })).sort((one, other) => one.when - other.when || one.order - other.order);
  const last = names.length - 1;
  const {error} = exchange;
  return [
    "sequenceDiagram", ...names.map((name, at) => `participant P${at} as ${safe(name) || "-"}`),
    `Note over P0,P${last}: ${safe(`${exchange.method ?? exchange.type} ${exchange.path ?? ""} ${ms(exchange.duration_ms)}`)}`,
    ...arrows.slice(0, most).map((one) => one.line),
    ...(arrows.length > most ? [`Note over P0,P${last}: ${arrows.length - most} more messages`] : []),
    ...(error ? [`Note over P${last}: ${safe(`${error.type} ${error.message}`)}`] : []), "",
  ].join("\n  ").trimEnd() + "\n";
}

const WAYS = [["curl", curl, "receive"], ["Python (httpx)", httpx, "receive"], ["text, for a bug report", text, "receive", "send"], ["Mermaid diagram", mermaid]];

async function copied(name, said) {
  try {
    await navigator.clipboard.writeText(said);
    announce(`Copied as ${name}`);
    return true;
  } catch {
    const area = h("textarea", {readonly: true, rows: "12", "aria-label": `The exchange as ${name}`});
    area.value = said;
    const box = h("dialog", {class: "m-box", "aria-label": "Copy by hand", onclose: () => box.remove()}, h("p", {}, "The browser does not let this page copy. The text is selected: copy it yourself."), area, h("form", {method: "dialog", class: "m-buttons"}, h("button", {}, "Close")));
    document.body.append(box);
    box.showModal();
    area.select();
    return false;
  }
}

/** A button with a menu of the ways to copy. */
export function menu(exchange) {
  const ways = exchange.type === "http" ? WAYS : exchange.type === "websocket" ? [WAYS[0], ...WAYS.slice(2)] : WAYS.slice(2);
  const open = (is) => {
    list.hidden = !is;
    button.setAttribute("aria-expanded", is);
    if (is) items[0].focus();
  };
  const items = ways.map(([name, write, ...directions]) => h("button", {role: "menuitem", tabindex: "-1", onclick: async () => {
    open(false);
    button.focus();
    try {
      const said = write(exchange, ...(await Promise.all(directions.map((one) => fullBody(exchange, one)))));
      if (await copied(name, said)) {
        button.textContent = "Copied ✓";
        setTimeout(() => (button.textContent = "Copy"), 1500);
      }
    } catch (error) {
      announce(`Not copied: ${error.message}`);
      button.textContent = "Not copied";
      button.title = error.message;
    }
  }}, `Copy as ${name}`));
  const button = h("button", {"aria-haspopup": "menu", "aria-expanded": "false", onclick: () => open(list.hidden)}, "Copy");
  const list = h("div", {role: "menu", "aria-label": "Copy", class: "m-menu", hidden: true}, items);
  const keys = (event) => {
    const at = items.indexOf(document.activeElement);
    const to = {ArrowDown: (at + 1) % items.length, ArrowUp: (at + items.length - (at < 0 ? 0 : 1)) % items.length, Home: 0, End: items.length - 1}[event.key];
    if (event.key === "Escape" && !list.hidden) open(false), button.focus();
    else if (to != null && (at >= 0 || event.key.startsWith("Arrow"))) at < 0 && open(true), items[to].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const leave = (event) => !whole.contains(event.relatedTarget) && open(false);
  const whole = h("span", {class: "m-copy", onkeydown: keys, onfocusout: leave}, button, list);
  return whole;
}

// Copy an exchange as a command, a program, a text, a diagram.

import {get} from "../api.js";
import {announce, h} from "../dom.js";
import {ask} from "./ask.js";

const NAMES = {curl: "curl", httpx: "Python (httpx)", text: "text, for a bug report", mermaid: "Mermaid diagram"};

/** Where the browser does not let the page copy, the text is selected. */
function byHand(name, text) {
  const area = h("textarea", {readonly: true, rows: "12", "aria-label": `The exchange as ${name}`}, text);
  ask("Copy by hand", [h("p", {}, "The browser does not let this page copy. The text is selected: copy it yourself."), area]);
  area.focus();
  area.select();
}

/** Copy what *text* promises: browsers want to be asked while the click is fresh. */
async function copy(name, text) {
  try {
    const blob = text.then((said) => new Blob([said], {type: "text/plain"}));
    await navigator.clipboard.write([new ClipboardItem({"text/plain": blob})]);
    announce(`Copied as ${name}`);
    return "Copied ✓";
  } catch {
    byHand(name, await text);
    return "Copy";
  }
}

/** A button that shows the ways to copy. */
export function menu(exchange) {
  const open = (is) => {
    list.hidden = !is;
    button.setAttribute("aria-expanded", is);
  };
  const choose = async (way) => {
    open(false);
    button.focus();
    const text = get(`exchanges/${exchange.id}/copy?as=${way}`).then((answer) => answer.text);
    button.textContent = await copy(NAMES[way], text).catch((error) => (announce(`Not copied: ${error.message}`), "Not copied"));
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };
  const keys = (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.preventDefault();
    open(false);
    button.focus();
  };
  const button = h("button", {"aria-expanded": "false", onclick: () => open(list.hidden)}, "Copy");
  const list = h("div", {class: "m-menu", hidden: true}, exchange.copies.map((way) => h("button", {onclick: () => choose(way)}, `Copy as ${NAMES[way]}`)));
  const whole = h("span", {class: "m-copy", onkeydown: keys, onfocusout: (event) => whole.contains(event.relatedTarget) || open(false)}, button, list);
  return whole;
}

// One exchange: its head, its views, and its refreshing while it is in flight.

import {announce, h, put} from "../dom.js";
import {exchange as load, post} from "../api.js";
import {printable} from "../format.js";
import {list} from "../list/list.js";
import {menu} from "../more/copy.js";
import "../more/layers.js";
import {resend} from "../more/resend.js";
import {body} from "./body.js";
import {conversation} from "./conversation.js";
import {error} from "./error.js";
import {events, scope} from "./events.js";
import {head} from "./head.js";
import {sequence} from "./sequence.js";
import {timeline} from "./timeline.js";

const EVERY = 500;
// What happened, without what only time changes
const facts = (one) => JSON.stringify({...one, drawn: 0, spent: 0});
const http = (one) => one.type === "http";

// [name in the address, label, view, whether there is one, how many are in it]
const VIEWS = [
  ["sequence", "Sequence", sequence],
  ["time", "Time line", timeline],
  ["error", "Error", error, (one) => one.error],
  ["conversation", "Conversation", conversation, (one) => one.drawn.conversation],
  ["events", "Events", events, () => true, (one) => one.events.length],
  ["request", "Request body", (one, state) => body(one, state, "receive"), http],
  ["response", "Response body", (one, state) => body(one, state, "send"), http],
  ["layers", "Layers", (one) => Object.assign(h("asgi-layers"), {exchange: one}), (one) => one.layers.length, (one) => one.layers.length],
  ["scope", "Scope", scope],
];

customElements.define("asgi-exchange", class extends HTMLElement {
  #id = null;
  #view = "";
  #found = null;
  #states = {};
  #timer = 0;
  #head = h("header", {class: "x-head"});
  // A navigation, but none of those that the frame of the page marks
  #tabs = h("div", {class: "x-tabs", role: "navigation", "aria-label": "Views of the exchange"});
  #panel = h("section", {class: "x-panel"});
  #keys = (event) => this.#key(event);

  /** {id, view}: which exchange, and which of its views. */
  set address({id, view}) {
    const event = /^event(\d+)$/.exec(view);
    this.#view = event ? "events" : view;
    if (id !== this.#id) {
      this.#id = id;
      this.#found = null;
      this.#states = {};
      this.#refresh();
    }
    if (event) (this.#states.events ??= {}).event = Number(event[1]);
    if (this.#found) this.#show();
  }

  connectedCallback() {
    this.classList.add("x-exchange");
    document.addEventListener("keydown", this.#keys);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#keys);
    clearTimeout(this.#timer);
    this.#id = null;
  }

  async #refresh() {
    clearTimeout(this.#timer);
    const id = this.#id;
    try {
      const found = (document.hidden && this.#found) || await load(id);
      if (id !== this.#id) return;
      const before = this.#found;
      this.#found = found;
      if (found.outcome || !this.#head.contains(document.activeElement)) this.#drawHead();
      if (facts(found) !== facts(before)) this.#show();
      else if (this.#view === "time") this.#draw();
      if (before && found.outcome) announce(`The exchange ended: ${printable(found.outcome)}`);
      document.title = `${printable(found.method ?? found.type)} ${printable(found.path ?? "")} · asgi-mw`;
    } catch (failed) {
      if (id !== this.#id) return;
      if (!this.#found) put(this, h("p", {class: "empty", role: "alert"}, `This exchange cannot be shown: ${printable(failed.message)}. `, h("a", {href: "#/"}, "All exchanges")));
    }
    if (this.#found && !this.#found.outcome) this.#timer = setTimeout(() => this.#refresh(), EVERY);
  }

  #drawHead() {
    put(this.#head, head(this.#found, {go: (step) => this.#go(step), keep: () => this.#keep()},
      [http(this.#found) && h("button", {title: "Send it again (r)", onclick: () => resend(this.#found)}, "Resend"), menu(this.#found)]));
  }

  /** Change the star. */
  async #keep() {
    const {id, kept} = this.#found;
    try {
      await post("keep", {id, keep: !kept});
      this.#found.kept = !kept;
      announce(kept ? "No longer kept" : "Kept");
    } catch (error) {
      announce(`Not changed: ${printable(error.message)}`);
    }
    this.#drawHead();
  }

  #show() {
    const there = VIEWS.filter(([, , , has = () => true]) => has(this.#found));
    this.#view = (there.find(([name]) => name === this.#view) ?? there[0])[0];
    put(this.#tabs, there.map(([name, label, , , count]) => h("a", {href: `#/x/${this.#id}/${name}`, "aria-current": name === this.#view && "page"}, label, count && h("small", {}, ` ${count(this.#found)}`))));
    if (this.firstChild !== this.#head) put(this, this.#head, this.#tabs, this.#panel);
    this.#draw();
  }

  #draw() {
    const [name, , view] = VIEWS.find(([name]) => name === this.#view);
    const top = this.#panel.dataset.view === name && this.#panel.firstChild?.scrollTop;
    this.#panel.dataset.view = name;
    put(this.#panel, view(this.#found, (this.#states[name] ??= {})));
    if (top) this.#panel.firstChild.scrollTop = top;
    this.#tabs.querySelector("[aria-current]").scrollIntoView({block: "nearest", inline: "nearest"});
  }

  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.#found || event.target.closest("input, textarea, select, dialog, [role=menu]")) return;
    const act = {"[": () => this.#go(-1), "]": () => this.#go(1), k: () => this.#keep(), r: () => http(this.#found) && resend(this.#found)}[event.key];
    if (act) event.preventDefault(), act();
  }

  /** To the next of the list, as it is ordered: the one before for -1, behind for 1. */
  async #go(step) {
    const id = await list.beside(this.#id, step);
    if (id) location.hash = `#/x/${id}/${this.#view}`;
    else announce(`This is the ${step > 0 ? "last" : "first"} one`);
  }
});

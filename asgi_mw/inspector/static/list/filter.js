// The filter box: what may be typed is offered, what is wrong is said.

import {get} from "../api.js";
import {h, put} from "../dom.js";

const PAUSE = 200;

/** `tell` hears `filter(text)` a moment after the last key, and `left()` on Escape. */
export class Filter {
  #options = []; // [text, help]
  #active = null;
  #from = 0;
  #timer = 0;

  constructor(tell) {
    this.tell = tell;
    this.list = h("div", {role: "listbox", id: "list-options", "aria-label": "Words of the filter"});
    this.popup = h("div", {class: "list-options list-box", hidden: true,
      onpointerdown: (event) => (event.preventDefault(), this.#take(event.target.closest("[role=option]")))},
      this.list, h("p", {class: "dim"}, "All words have to match; - before one means not."));
    this.error = h("p", {class: "list-error", id: "list-error", role: "alert"});
    this.input = h("input", {class: "list-filter", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-label": "Filter", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "list-options", "aria-describedby": "list-error",
      placeholder: "Filter: status:5xx path:/api dur:>100ms", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
      onblur: () => this.#offer(false)});
    this.clearer = h("button", {class: "quiet list-clear", "aria-label": "Clear the filter", title: "Clear the filter", hidden: true,
      onclick: () => (this.set(""), this.input.focus())}, "✕");
    this.element = h("div", {class: "list-filters"}, this.input, this.clearer,
      h("button", {class: "list-help", "aria-label": "How to filter", title: "How to filter", onclick: () => this.#help()}, "?"), this.popup);
    get("words").then(({words}) => this.#learn(words), () => {});
  }

  get value() {
    return this.input.value.trim();
  }

  /** Show *text* as the filter, without a word to anybody. */
  show(text) {
    if (this.value !== text) this.input.value = text;
    this.clearer.hidden = !text;
  }

  /** Filter by *text* now. */
  set(text) {
    this.show(text);
    this.#offer(false);
    clearTimeout(this.#timer);
    this.tell.filter(text);
  }

  /** Say what is wrong; "" if nothing is. */
  refuse(message) {
    this.error.textContent = message;
    this.input.ariaInvalid = String(Boolean(message));
  }

  #learn(words) {
    this.#options = words.flatMap(({name, help, examples, values}) => {
      const whole = new Set([...values.map((value) => `${name}:${value}`), ...examples.filter((one) => one.startsWith(`${name}:`))]);
      return [[`${name}:`, help], ...[...whole].map((text) => [text, ""])];
    });
  }

  #help() {
    this.input.value = this.value && `${this.value} `;
    this.input.focus();
    this.#offer(true);
  }

  #typed() {
    this.#offer(/\S$/.test(this.input.value));
    this.clearer.hidden = !this.input.value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tell.filter(this.value), PAUSE);
  }

  /** Offer what the word at the caret can become, or nothing. */
  #offer(open) {
    const before = this.input.value.slice(0, this.input.selectionStart);
    // Blanks between quotes end no word
    const word = (before.match(/(?:[^\s"]|"[^"]*"?)+|\s/g)?.at(-1).trim() ?? "").replace(/^-/, "").toLowerCase();
    const begun = ([text]) => text.toLowerCase().startsWith(word) && text.toLowerCase() !== word && word.includes(":") !== text.endsWith(":");
    this.#from = before.length - word.length;
    this.#active = null;
    put(this.list, open && this.#options.filter(begun).map(([text, help], at) => h("div", {role: "option", id: `list-option-${at}`},
      h("code", {}, text), h("span", {class: "dim"}, help))));
    this.popup.hidden = !this.list.firstChild;
    this.input.ariaExpanded = String(!this.popup.hidden);
    this.input.removeAttribute("aria-activedescendant");
  }

  #move(step) {
    if (this.popup.hidden) this.#offer(true);
    const all = [...this.list.children];
    if (!all.length) return;
    const at = all.indexOf(this.#active);
    if (this.#active) this.#active.ariaSelected = "false";
    this.#active = all.at(step > 0 ? (at + 1) % all.length : Math.max(at, 0) - 1);
    this.#active.ariaSelected = "true";
    this.#active.scrollIntoView({block: "nearest"});
    this.input.setAttribute("aria-activedescendant", this.#active.id);
  }

  #take(option) {
    if (!option) return;
    const {value, selectionStart} = this.input;
    const word = option.firstChild.textContent;
    const text = value.slice(0, this.#from) + word + (word.endsWith(":") ? "" : " ");
    this.input.value = text + value.slice(selectionStart).trimStart();
    this.input.setSelectionRange(text.length, text.length);
    this.#typed();
  }

  #key(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step) this.#move(step);
    else if ((event.key === "Enter" || event.key === "Tab") && this.#active) this.#take(this.#active);
    else if (event.key === "Enter") this.set(this.value);
    else if (event.key === "Escape" && !this.popup.hidden) this.#offer(false);
    else if (event.key === "Escape") this.tell.left();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// The filter box: what may be typed is offered, and what is wrong is said below.

import {get} from "../api.js";
import {h, put} from "../dom.js";
import {complete, WORDS} from "./complete.js";

const PAUSE = 200;

/** `tell` hears `filter(text)` a moment after the last key, and `left()` on Escape. */
export class Filter {
  #words = WORDS;
  #options = [];
  #active = -1;
  #from = 0;
  #timer = 0;

  constructor(tell) {
    this.tell = tell;
    this.list = h("div", {class: "list-options", role: "listbox", id: "list-options", "aria-label": "Words of the filter", hidden: true,
      onpointerdown: (event) => (event.preventDefault(), this.#pick(event))});
    this.error = h("p", {class: "list-error", id: "list-error", role: "alert"});
    this.input = h("input", {class: "list-filter", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-label": "Filter", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "list-options", "aria-describedby": "list-error",
      placeholder: "Filter: status:5xx path:/api dur:>100ms", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
      onblur: () => this.#offer([])});
    this.table = h("dl", {});
    this.help = h("div", {class: "list-help", id: "list-help", popover: "auto", role: "dialog", "aria-label": "How to filter"},
      h("p", {}, "All words have to match; ", h("code", {}, "-"), " before one means not."), this.table);
    this.clearer = h("button", {class: "quiet list-clear", "aria-label": "Clear the filter", title: "Clear the filter", hidden: true,
      onclick: () => (this.set(""), this.input.focus())}, "✕");
    this.element = h("div", {class: "list-box"}, this.input, this.clearer,
      h("button", {popovertarget: "list-help", "aria-label": "How to filter", title: "How to filter"}, "?"), this.list, this.help);
    this.#tabulate();
    get("words").then(({words}) => {
      if (words?.length) this.#words = words;
      this.#tabulate();
    }, () => {});
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
    this.#offer([]);
    clearTimeout(this.#timer);
    this.tell.filter(text);
  }

  /** Say what is wrong; "" if nothing is. */
  refuse(message) {
    this.error.textContent = message;
    this.input.setAttribute("aria-invalid", String(Boolean(message)));
  }

  #typed() {
    const {from, options} = complete(this.input.value, this.input.selectionStart, this.#words);
    this.#from = from;
    this.#offer(this.input.value ? options : []);
    this.clearer.hidden = !this.input.value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tell.filter(this.value), PAUSE);
  }

  #offer(options) {
    this.#options = options;
    this.#active = -1;
    put(this.list, options.map((one, at) => h("div", {role: "option", id: `list-option-${at}`, "aria-selected": "false"},
      h("code", {}, one.text), h("span", {class: "dim"}, one.help))));
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(options.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  #move(to) {
    const count = this.#options.length;
    this.list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = (to + count) % count;
    const option = this.list.children[this.#active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({block: "nearest"});
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #take(option) {
    const rest = this.input.value.slice(this.input.selectionStart).trimStart();
    const text = this.input.value.slice(0, this.#from) + option.text + (option.open ? "" : " ");
    this.input.value = text + rest;
    this.input.setSelectionRange(text.length, text.length);
    this.#typed();
    if (!option.open) this.#offer([]);
  }

  #pick(event) {
    const at = [...this.list.children].indexOf(event.target.closest("[role=option]"));
    if (at >= 0) this.#take(this.#options[at]);
  }

  #key(event) {
    const offered = this.#options.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const down = event.key === "ArrowDown";
      if (!offered) {
        const {from, options} = complete(this.input.value, this.input.selectionStart, this.#words);
        this.#from = from;
        this.#offer(options);
      }
      if (this.#options.length) this.#move(down ? this.#active + 1 : this.#active < 0 ? -1 : this.#active - 1);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.#active >= 0) this.#take(this.#options[this.#active]);
    else if (event.key === "Enter") this.set(this.value);
    else if (event.key === "Escape" && offered) this.#offer([]);
    else if (event.key === "Escape") this.tell.left();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #tabulate() {
    const example = (text) => h("button", {class: "list-example", onclick: () => this.#add(text)}, text);
    put(this.table, this.#words.map((word) => [
      h("dt", {}, h("code", {}, `${word.name}:`)),
      h("dd", {}, word.help, " ", (word.examples ?? []).map(example)),
    ]));
  }

  #add(text) {
    const words = this.value ? `${this.value} ${text}` : text;
    this.help.hidePopover();
    this.set(words);
    this.input.focus();
  }
}

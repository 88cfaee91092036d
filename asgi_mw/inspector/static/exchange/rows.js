// Many rows of one height, of which only those exist that can be seen.

import {h, put} from "../dom.js";

// Browsers have no higher elements
const MOST = 400000;

/** A region called *name* that scrolls over *count* rows of *height* px; `draw(at)` makes one. */
export function rows({count, height, draw, name, ...attributes}) {
  const inner = h("div");
  const element = h("div", {class: "x-rows", tabindex: "0", role: "region", "aria-label": name, ...attributes}, inner);
  const total = Math.min(count, MOST);
  inner.style.setProperty("height", `${total * height}px`);
  const show = () => {
    const from = Math.max(0, Math.floor(element.scrollTop / height) - 8);
    const to = Math.min(total, Math.ceil((element.scrollTop + (element.clientHeight || 600)) / height) + 8);
    put(inner, Array.from({length: Math.max(0, to - from)}, (_, n) => {
      const row = draw(from + n);
      row.style.setProperty("top", `${(from + n) * height}px`);
      row.style.setProperty("height", `${height}px`);
      return row;
    }));
  };
  element.addEventListener("scroll", show);
  new ResizeObserver(show).observe(element);
  /** Draw again, with row *at* in sight. */
  element.reveal = (at) => {
    element.scrollTop = Math.max(Math.min(element.scrollTop, at * height), (at + 1) * height - element.clientHeight);
    show();
  };
  show();
  return element;
}

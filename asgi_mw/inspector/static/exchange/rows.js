// Many rows of one height, of which only those exist that can be seen.

import {h, put} from "../dom.js";

const MOST = 400000;

/** A region called *name* that scrolls over *count* rows of *height* px; `draw(at)` makes one. */
export function rows({count, height, draw, name, ...attributes}) {
  const inner = h("div", {class: "x-rows-in"});
  const element = h("div", {class: "x-rows", tabindex: "0", role: "region", "aria-label": name, ...attributes}, inner);
  const total = Math.min(count, MOST);
  inner.style.setProperty("height", `${total * height}px`);
  let [first, last] = [0, -1];
  const show = (again) => {
    const from = Math.max(0, Math.floor(element.scrollTop / height) - 8);
    const to = Math.min(total, Math.ceil((element.scrollTop + (element.clientHeight || 600)) / height) + 8);
    if (again !== true && from === first && to === last) return;
    [first, last] = [from, to];
    put(inner, Array.from({length: to - from}, (_, n) => {
      const row = draw(from + n);
      row.style.setProperty("top", `${(from + n) * height}px`);
      row.style.setProperty("height", `${height}px`);
      return row;
    }));
  };
  element.addEventListener("scroll", () => show());
  new ResizeObserver(() => show()).observe(element);
  element.redraw = () => show(true);
  element.reveal = (at) => {
    if (at * height < element.scrollTop) element.scrollTop = at * height;
    else if ((at + 1) * height > element.scrollTop + element.clientHeight) element.scrollTop = (at + 1) * height - element.clientHeight;
    show(true);
  };
  show(true);
  return element;
}

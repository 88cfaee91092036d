// Build elements: whatever is shown becomes text, and is never read as markup.

/**
 * An element with attributes, listeners and children: `h("button", {class: "x", onclick: go, hidden: true}, "text", element)`.
 *
 * A function is a listener, `true` an empty attribute; `false`, `null` and `undefined` are left out, in children too.
 */
export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function s(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  return put(element, children);
}

/** Show *children* in *element* in the place of what was there. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((one) => one != null && one !== false));
  return element;
}

/** Tell who cannot see it, politely. */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

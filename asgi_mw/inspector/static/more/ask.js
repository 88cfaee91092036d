// A dialog: a question, or something to read.

import {h} from "../dom.js";

/** Show *content*; promises whether *go* was chosen. */
export function ask(title, content, go) {
  return new Promise((done) => {
    const buttons = [h("button", {value: "", autofocus: true}, go ? "Cancel" : "Close"), go && h("button", {value: "go", class: "m-go"}, go)];
    const box = h("dialog", {class: "m-box", "aria-labelledby": "m-asked", onclose: () => (box.remove(), done(box.returnValue === "go"))},
      h("h2", {id: "m-asked"}, title), content, h("form", {method: "dialog", class: "m-buttons"}, buttons));
    document.body.append(box);
    box.showModal();
  });
}

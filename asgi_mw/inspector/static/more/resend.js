// Send an exchange again, in process; what may change something is asked before.

import {exchange as load, post} from "../api.js";
import {announce, h} from "../dom.js";
import {bytes, printable} from "../format.js";
import {headers} from "./parts.js";

const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE"];

/** A modal dialog; promises whether *go* was chosen. */
function ask(title, content, go) {
  return new Promise((done) => {
    const stop = h("button", {value: "", autofocus: true}, go ? "Cancel" : "Close");
    const sure = go && h("button", {value: "go", class: "m-go"}, go);
    const trap = (event) => {
      const ends = [stop, sure].filter(Boolean);
      if (event.key !== "Tab" || document.activeElement !== ends.at(event.shiftKey ? 0 : -1)) return;
      event.preventDefault();
      ends.at(event.shiftKey ? -1 : 0).focus();
    };
    const box = h("dialog", {class: "m-box", "aria-labelledby": "m-asked", onkeydown: trap, onclose: () => (box.remove(), done(box.returnValue === "go"))},
      h("h2", {id: "m-asked"}, title), content, h("form", {method: "dialog", class: "m-buttons"}, stop, sure));
    document.body.append(box);
    box.showModal();
  });
}

function facts(one) {
  const host = headers(one, "receive").find(([name]) => String(name).toLowerCase() === "host")?.[1];
  const masked = one.redacted?.length;
  return [
    h("dl", {class: "m-facts"}, [
      ["Request", `${one.method} ${one.path}`], ["Body", one.bytes_in ? bytes(one.bytes_in) : "none"], ["Host", host ?? "not said"],
      ["Recorded", one.began], ["Worker", `${one.worker?.host}, process ${one.worker?.pid}`],
    ].map(([name, value]) => [h("dt", {}, name), h("dd", {class: "mono"}, printable(value))])),
    masked > 0 && h("p", {}, `Masked when it was recorded, and sent masked: ${printable(one.redacted.join(", "))}.`),
    h("p", {}, "It runs in the app that serves this page, as it is now, with the data it has now."),
  ];
}

function offer(old, id) {
  document.querySelector(".m-offer")?.remove();
  const away = () => box.remove();
  const box = h("div", {class: "m-offer", role: "status"}, "Sent again. ", h("a", {href: `#/compare/${old}/${id}`, onclick: away}, "Compare with the one before"), " ", h("button", {class: "quiet", "aria-label": "Close", onclick: away}, "×"));
  document.body.append(box);
}

/** Send *one*, an exchange or the id of one, again; promises the id of the new one, or null. */
export async function resend(one) {
  try {
    const old = typeof one === "string" ? await load(one) : one;
    let sure = !SAFE.includes(old.method);
    const may = () => ask("Send this request again?", facts(old), "Send again");
    if (sure && !(await may())) return null;
    const send = (confirm) => post("resend", {id: old.id, confirm});
    const {id} = await send(sure).catch(async (error) => {
      if (error.status !== 409 || !error.body?.confirm || sure) throw error;
      sure = await may();
      return sure ? send(true) : {id: null};
    });
    if (!id) return null;
    location.hash = `#/x/${encodeURIComponent(id)}`;
    offer(old.id, id);
    announce("Sent again");
    return id;
  } catch (error) {
    await ask("It was not sent again", h("p", {}, printable(error.message)));
    return null;
  }
}

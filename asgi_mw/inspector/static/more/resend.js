// Send an exchange again; the server says what to ask about before.

import {exchange as load, post} from "../api.js";
import {announce, h} from "../dom.js";
import {bytes, printable} from "../format.js";
import {ask} from "./ask.js";

function facts(one) {
  return [
    h("p", {class: "mono"}, printable(`${one.method} ${one.path}, ${one.bytes_in ? bytes(one.bytes_in) : "no body"}`)),
    h("p", {}, printable(`Recorded ${one.began} by process ${one.worker.pid} of ${one.worker.host}.`)),
    one.redacted?.length > 0 && h("p", {}, `Masked when it was recorded: ${printable(one.redacted.join(", "))}. Masked headers are left out.`),
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
    const old = one.id ?? one;
    const {id} = await post("resend", {id: old, confirm: false}).catch(async (error) => {
      if (!error.body?.confirm) throw error;
      const sure = await ask("Send this request again?", facts(one.id ? one : await load(old)), "Send again");
      return sure ? post("resend", {id: old, confirm: true}) : {};
    });
    if (!id) return null;
    location.hash = `#/x/${encodeURIComponent(id)}`;
    offer(old, id);
    announce("Sent again");
    return id;
  } catch (error) {
    await ask("It was not sent again", h("p", {}, printable(error.message)));
    return null;
  }
}

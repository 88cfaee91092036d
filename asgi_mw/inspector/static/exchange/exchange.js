// One exchange, opened.

import {h, put} from "../dom.js";
import {exchange} from "../api.js";

customElements.define("asgi-exchange", class extends HTMLElement {
  set address({id}) {
    exchange(id).then((found) => put(this, h("pre", {}, JSON.stringify(found, null, 2))));
  }
});

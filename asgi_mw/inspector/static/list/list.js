// The list of exchanges.

import {h, put} from "../dom.js";
import {list} from "../api.js";

customElements.define("asgi-list", class extends HTMLElement {
  async connectedCallback() {
    const {rows} = await list();
    put(this, rows.map((row) => h("a", {href: `#/x/${row.id}`}, `${row.method} ${row.path} ${row.status ?? ""}`)));
  }
});

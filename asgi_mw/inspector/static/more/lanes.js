// What ran at the same time.

customElements.define("asgi-lanes", class extends HTMLElement {});
